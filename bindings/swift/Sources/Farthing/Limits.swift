import Foundation

/// Limits on what is spent in one currency. What is `nil` is not limited.
public struct SpendingLimits: Hashable, Sendable {
    /// The most that one purchase may cost.
    public var purchase: Money?

    /// The most that may be spent in a day.
    public var day: Money?

    /// The most that may be spent in a week, from Monday on.
    public var week: Money?

    /// The most that may be spent in a month of the calendar.
    public var month: Money?

    /// A purchase that costs more than this needs a guardian's approval; zero has every purchase need it.
    public var askAbove: Money?

    /// Limits to set.
    public init(
        purchase: Money? = nil,
        day: Money? = nil,
        week: Money? = nil,
        month: Money? = nil,
        askAbove: Money? = nil
    ) {
        self.purchase = purchase
        self.day = day
        self.week = week
        self.month = month
        self.askAbove = askAbove
    }
}

/// What limits the player's spending.
public struct Limits: Hashable, Sendable {
    /// The currencies in which there are limits.
    public let limits: [CurrencyLimits]

    /// Whether a guardian has set a PIN.
    public let hasGuardian: Bool

    /// By how many minutes the player's days begin before those of UTC.
    public let utcOffsetMinutes: Int

    /// When the gateway said so.
    public let asOf: Date

    /// Some as the wallet would give them, for previews and tests of an app.
    public init(limits: [CurrencyLimits], hasGuardian: Bool, utcOffsetMinutes: Int, asOf: Date) {
        self.limits = limits
        self.hasGuardian = hasGuardian
        self.utcOffsetMinutes = utcOffsetMinutes
        self.asOf = asOf
    }
}

/// What limits the player's spending in one currency. Of the player's limits and the guardian's, the stricter counts.
public struct CurrencyLimits: Hashable, Sendable {
    /// Which.
    public let currency: String

    /// What the player has set.
    public let player: SpendingLimits

    /// What a guardian has set.
    public let guardian: SpendingLimits

    /// What the player has set that is looser, and from when on it will hold.
    public let pending: PendingLimits?

    /// What has been settled in each period that is limited.
    public let used: [LimitUse]

    /// Some as the wallet would give them, for previews and tests of an app.
    public init(
        currency: String,
        player: SpendingLimits,
        guardian: SpendingLimits,
        pending: PendingLimits?,
        used: [LimitUse]
    ) {
        self.currency = currency
        self.player = player
        self.guardian = guardian
        self.pending = pending
        self.used = used
    }
}

/// Limits that will hold after the cooling-off.
public struct PendingLimits: Hashable, Sendable {
    /// Which.
    public let limits: SpendingLimits

    /// From when on.
    public let from: Date

    /// Some as the wallet would give them, for previews and tests of an app.
    public init(limits: SpendingLimits, from: Date) {
        self.limits = limits
        self.from = from
    }
}

/// How much of a limit is used.
public struct LimitUse: Hashable, Sendable {
    /// The period that it is for.
    public let period: LimitPeriod

    /// The stricter of the player's and the guardian's.
    public let limit: Money

    /// What has been settled in the current one.
    public let used: Money

    /// When the current one ends.
    public let resets: Date

    /// One as the wallet would give it, for previews and tests of an app.
    public init(period: LimitPeriod, limit: Money, used: Money, resets: Date) {
        self.period = period
        self.limit = limit
        self.used = used
        self.resets = resets
    }
}

/// What a limit is for.
public enum LimitPeriod: Hashable, Sendable {
    /// One purchase.
    case purchase
    /// A day.
    case day
    /// A week, from Monday on.
    case week
    /// A month of the calendar.
    case month
}

/// A purchase that a guardian was asked for.
public struct Approval: Hashable, Sendable, Identifiable {
    /// The request's name.
    public let id: String

    /// The device that asked, which alone may buy it.
    public let device: String

    /// What is to be bought.
    public let sku: String

    /// How many.
    public let quantity: Int

    /// The price of all.
    public let total: Money

    /// How far it is.
    public let state: ApprovalState

    /// When it was asked for.
    public let askedAt: Date

    /// Until when it can be answered, and then until when it can be bought.
    public let expiresAt: Date

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        id: String,
        device: String,
        sku: String,
        quantity: Int,
        total: Money,
        state: ApprovalState,
        askedAt: Date,
        expiresAt: Date
    ) {
        self.id = id
        self.device = device
        self.sku = sku
        self.quantity = quantity
        self.total = total
        self.state = state
        self.askedAt = askedAt
        self.expiresAt = expiresAt
    }
}

/// How far a request for an approval is.
public enum ApprovalState: Hashable, Sendable {
    /// Nobody has answered yet.
    case pending
    /// It may be bought, once.
    case approved
    /// It may not.
    case declined
    /// It was bought.
    case used
    /// It was not answered, or not bought, in time.
    case expired
}
