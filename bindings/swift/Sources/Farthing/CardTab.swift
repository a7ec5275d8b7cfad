import Foundation

/// A tab: a limit that a card has authorised. It is spent now, and the card is charged once, at the end.
///
/// `Tab` alone is SwiftUI's.
public struct CardTab: Hashable, Sendable, Identifiable {
    /// Its name, which is also its idempotency key at the gateway.
    public let id: String

    /// The most that the card is charged.
    public let limit: Money

    /// Which card.
    public let card: String

    /// When it was asked for. The gateway closes it six days later, if nobody has before.
    public let openedAt: Date

    /// What the player owes.
    ///
    /// Of an open tab: what the card would be charged if it were closed now, that is the limit less what is left of
    /// the balance, to the next whole minor unit; money that the player had or topped up is spent first, and what
    /// other devices of the account have reserved counts as spent. Of one that closes: what the card is being charged.
    /// Of one that could not be charged: what is due. Zero otherwise.
    public let owed: Money

    /// How far it is.
    public let state: CardTabState

    /// One as the wallet would give it, for previews and tests of an app.
    public init(id: String, limit: Money, card: String, openedAt: Date, owed: Money, state: CardTabState) {
        self.id = id
        self.limit = limit
        self.card = card
        self.openedAt = openedAt
        self.owed = owed
        self.state = state
    }
}

/// How far a tab is.
public enum CardTabState: Hashable, Sendable {
    /// It is not known yet whether the gateway has got it. Sync finds out: wait for ``WalletEvent/tabChanged(_:)``, and
    /// do not open another one meanwhile.
    case created
    /// The player must confirm on the bank's page (3-D Secure): open it in a browser, then call ``Wallet/sync()``.
    /// Declining there ends the tab.
    case requiresAction(URL)
    /// The bank has not decided yet. Sync asks again.
    case processing
    /// The limit is in the balance.
    case open
    /// It is being closed, or what was due of it is being paid. Sync goes on with it.
    case closing
    /// It is paid: this is what the card was charged, or what was due and paid out of the balance; zero where nothing
    /// was spent.
    case closed(charged: Money)
    /// The card did not authorise the limit, and nothing is owed; or it could not be charged at the end, and
    /// ``CardTab/owed`` is due: top up, then call ``Wallet/closeTab(_:)`` again. The code says why, as far as the bank does.
    case failed(DeclineCode)
    /// The cardholder's bank has taken the charge back until it has decided: the player, or whoever has the card, disputes
    /// it. `held` of the balance is held meanwhile: as much of the charge as was neither spent nor reserved for a device.
    /// If the bank lets it stand, this is `closed` again, and what is held is in the balance.
    case disputed(held: Money)
    /// The bank has taken the charge back for good, and `amount` went out of the balance with it.
    case chargedBack(amount: Money)
}
