import Foundation

/// One purchase.
public struct Purchase: Hashable, Sendable, Identifiable {
    /// Its name, here and at the gateway.
    public let id: String

    /// What was bought or used; of a tip `tip:` and the creator.
    public let sku: String

    /// How many.
    public let quantity: Int

    /// The price of all.
    public let total: Money

    /// When, by a time that can't be turned back.
    public let purchasedAt: Date

    /// How far it is.
    public let state: PurchaseState

    /// Whether it was bought, used by a ``Meter``, or given to a creator.
    public let kind: PurchaseKind

    /// Of a tip: who got it, and what was said with it.
    public let tip: Tip?

    /// Whether another device of the account has bought it. Its items are there, unless they are owned for ever, and it
    /// can be refunded there alone.
    public let isFromAnotherDevice: Bool

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        id: String,
        sku: String,
        quantity: Int,
        total: Money,
        purchasedAt: Date,
        state: PurchaseState,
        kind: PurchaseKind = .item,
        tip: Tip? = nil,
        isFromAnotherDevice: Bool = false
    ) {
        self.id = id
        self.sku = sku
        self.quantity = quantity
        self.total = total
        self.purchasedAt = purchasedAt
        self.state = state
        self.kind = kind
        self.tip = tip
        self.isFromAnotherDevice = isFromAnotherDevice
    }
}

/// What was paid for.
public enum PurchaseKind: Hashable, Sendable {
    /// An item, bought and granted.
    case item
    /// Units of a metered item, counted by a ``Meter`` and written down together.
    case usage
    /// A tip to a creator, which grants nothing.
    case tip
}

/// How far a purchase is.
public enum PurchaseState: Hashable, Sendable {
    /// Granted and on disk; it will settle by itself.
    case granted
    /// On its way to the gateway.
    case settling
    /// Settled for ever: who got what of the price, and when, by the gateway's clock.
    case settled(split: Split, at: Date)
    /// Settled, and the price or a part of it went back into the balance: so much so far, the last of it at that time
    /// by the gateway's clock. `quantity` items were to be taken back, as far as they were not used.
    case refunded(amount: Money, quantity: Int, at: Date, split: Split, settledAt: Date)
    /// The gateway rejected it: nothing was paid, and what was granted is taken back as far as it was not used.
    case rejected(RejectionReason)
}

/// Who gets what of a price; the parts add up to it.
public struct Split: Hashable, Sendable {
    /// The share of the card charge's fee that falls on this purchase.
    public let processor: Money

    /// The platform's share.
    public let platform: Money

    /// What the developer gets; of a tip, what the creator gets.
    public let developer: Money

    /// One as the wallet would give it, for previews and tests of an app.
    public init(processor: Money, platform: Money, developer: Money) {
        self.processor = processor
        self.platform = platform
        self.developer = developer
    }
}

/// Why the gateway rejected a purchase.
public enum RejectionReason: Hashable, Sendable {
    /// The entry can't be read by this gateway.
    case malformed
    /// The catalog version was never published to this merchant's devices.
    case unknownCatalog
    /// The catalog version has no such item.
    case unknownItem
    /// The price is not the catalog's.
    case wrongPrice
    /// The quantity is nothing, or more than can be bought at once.
    case wrongQuantity
    /// The allowance was never issued, or is older than the one named before.
    case unknownAllowance
    /// It happened after the allowance had expired, or came after its last settlement date.
    case allowanceExpired
    /// It is above what one purchase may cost.
    case abovePurchaseMax
    /// It is beyond the sum or the count of the allowance.
    case allowanceExceeded
    /// The limits of the player or a guardian leave less.
    case spendingLimitReached
    /// It needed a guardian's approval.
    case approvalRequired
    /// The merchant has registered no such creator.
    case unknownCreator
    /// A reason that this version of the library does not know.
    case other
}

/// Which purchases are asked for; the newest come first.
public struct PurchaseFilter: Hashable, Sendable {
    /// How many at most.
    public var limit: Int

    /// Only those that wait for settlement, all of which are this device's own.
    public var waitingOnly: Bool

    /// The newest 100 of all, unless told otherwise.
    public init(limit: Int = 100, waitingOnly: Bool = false) {
        self.limit = limit
        self.waitingOnly = waitingOnly
    }
}
