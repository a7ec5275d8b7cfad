import Foundation

/// A charge of a card that raises the balance.
public struct TopUp: Hashable, Sendable, Identifiable {
    /// Its name, which is also its idempotency key at the gateway.
    public let id: String

    /// How much.
    public let amount: Money

    /// From which card.
    public let card: String

    /// When it was begun.
    public let createdAt: Date

    /// How far it is.
    public let state: TopUpState

    /// Whether the wallet made it by itself, as the player has agreed (``Wallet/setAutoTopUp(_:)``).
    public let isAutomatic: Bool

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        id: String,
        amount: Money,
        card: String,
        createdAt: Date,
        state: TopUpState,
        isAutomatic: Bool = false
    ) {
        self.id = id
        self.amount = amount
        self.card = card
        self.createdAt = createdAt
        self.state = state
        self.isAutomatic = isAutomatic
    }
}

/// An amount to offer a player who tops up, and what the processor is expected to take of it.
public struct TopUpAdvice: Hashable, Sendable {
    /// How much to top up.
    public let amount: Money

    /// What the processor takes of it, by the operator's price list.
    public let fee: Money

    /// The fee's share of the amount, in millionths, rounded up: 90,000 are 9 %.
    public let feePerMillion: Int

    /// One as the wallet would give it, for previews and tests of an app.
    public init(amount: Money, fee: Money, feePerMillion: Int) {
        self.amount = amount
        self.fee = fee
        self.feePerMillion = feePerMillion
    }
}

/// How far a top-up is.
public enum TopUpState: Hashable, Sendable {
    /// It is not known yet whether the gateway has got it. Sync finds out: wait for
    /// ``WalletEvent/topUpChanged(_:)``, and do not begin another one meanwhile.
    case created
    /// The player must confirm on the bank's page (3-D Secure): open it in a browser, then call ``Wallet/sync()``.
    case requiresAction(URL)
    /// The bank has not decided yet. Sync asks again.
    case processing
    /// The money is in the balance.
    case succeeded
    /// The card was not charged, for this reason as far as the bank says.
    case failed(DeclineCode)
    /// The cardholder's bank has taken the charge back until it has decided: the player, or whoever has the card, disputes
    /// it. `held` of the balance is held meanwhile: as much of the charge as was neither spent nor reserved for a device.
    /// If the bank lets it stand, this is `succeeded` again, and what is held is in the balance.
    case disputed(held: Money)
    /// The bank has taken the charge back for good, and `amount` went out of the balance with it.
    case chargedBack(amount: Money)
}

/// Why a card was declined.
public enum DeclineCode: Hashable, Sendable {
    /// The bank says no and not why.
    case genericDecline
    /// The card's account has not enough money.
    case insufficientFunds
    /// The card has expired.
    case expiredCard
    /// The card verification code is wrong.
    case incorrectCvc
    /// The card was reported lost.
    case lostCard
    /// The card was reported stolen.
    case stolenCard
    /// The cardholder did not confirm, or failed to.
    case authenticationFailed
    /// The processor failed.
    case processingError
    /// A code that this version of the library does not know.
    case other
}

/// What an account may hold, what may be loaded into it, and how large its tabs may be, where the operator caps it.
public enum TopUpCap: Hashable, Sendable {
    /// The most that an account may hold.
    case balance
    /// The most that may be loaded in a calendar month (UTC).
    case monthlyLoad
    /// The most that the next tab may be, after one for which the card could not be charged.
    case tab
}
