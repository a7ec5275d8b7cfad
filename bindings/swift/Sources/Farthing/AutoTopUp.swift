import Foundation

/// What a player agrees to by ``Wallet/setAutoTopUp(_:)``: that a card is charged by itself. All amounts are in one
/// currency.
public struct AutoTopUp: Hashable, Sendable {
    /// The card is charged once the balance is below this.
    public let below: Money

    /// How much each time. Where that does not lift the balance to ``below``, the next sync charges once more.
    public let amount: Money

    /// Which card.
    public let card: Card.ID

    /// The most that is charged by itself in a calendar month (UTC). What the player tops up themselves does not count.
    public let monthlyCap: Money

    /// What a player agrees to.
    public init(below: Money, amount: Money, card: Card.ID, monthlyCap: Money) {
        self.below = below
        self.amount = amount
        self.card = card
        self.monthlyCap = monthlyCap
    }
}

/// What the player has agreed to, and how it stands.
///
/// Get it by ``Wallet/autoTopUp()``; it is how things were then, and does not change.
public struct AutoTopUpConsent: Hashable, Sendable {
    /// What they have agreed to.
    public let setting: AutoTopUp

    /// When, by trusted time.
    public let agreedAt: Date

    /// How much of this month's cap is used: by charges that were made and by one that is under way.
    public let chargedThisMonth: Money

    /// Why nothing is charged until the player agrees again; `nil` where it goes on.
    public let pause: AutoTopUpPause?

    /// The operator's caps had no room: nothing is charged before this time.
    public let waitsUntil: Date?

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        setting: AutoTopUp,
        agreedAt: Date,
        chargedThisMonth: Money,
        pause: AutoTopUpPause? = nil,
        waitsUntil: Date? = nil
    ) {
        self.setting = setting
        self.agreedAt = agreedAt
        self.chargedThisMonth = chargedThisMonth
        self.pause = pause
        self.waitsUntil = waitsUntil
    }
}

/// Why automatic top-ups are paused, until the player agrees again.
public enum AutoTopUpPause: Hashable, Sendable {
    /// The bank declined the card, or the player did not confirm the charge: the top-up itself has the bank's code. Or
    /// the bank has taken back what was charged.
    case declined
    /// The card was removed, or has expired.
    case cardUnavailable
    /// The gateway charges no such amount, or charges nothing for this player: they may be too young.
    case refused
}
