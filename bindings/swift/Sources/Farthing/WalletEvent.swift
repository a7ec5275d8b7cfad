import Foundation

/// Something that happened. Events come after the fact is on disk.
public enum WalletEvent: Hashable, Sendable {
    /// A purchase was made and granted.
    case purchased(purchase: String, sku: String)
    /// The gateway settled a purchase; its receipt is there.
    case settled(purchase: String)
    /// The gateway rejected a purchase, which never happens to an untampered wallet. The money is back in the
    /// balance; `revoked` items were taken back: those not used yet.
    case rejected(purchase: String, sku: String, reason: RejectionReason, revoked: Int)
    /// The price of a purchase, or a part of it, went back into the balance: by ``Wallet/refund(_:)``, or by the
    /// merchant. It takes back `quantity` items, of which `revoked` were here: those not used. The purchase may be
    /// another device's of the account; nothing is taken back here then.
    case purchaseRefunded(purchase: String, sku: String, amount: Money, quantity: Int, revoked: Int)
    /// So many purchases that other devices of the account have settled are in the list now:
    /// ``Purchase/isFromAnotherDevice``.
    case purchasesArrived(count: Int)
    /// What meters count comes near to a limit, the day's cap of an item or the reserve of this device: at 80 % of it.
    case usageNearLimit(sku: String, spent: Money, limit: Money)
    /// A pass will end: the reminder that the catalog asks for, or the one before a renewal. `renewal` is the most that
    /// the wallet will pay to renew it before; `nil` where it will not.
    case passEnding(sku: String, endsAt: Date, renewal: Money?)
    /// A pass could not be renewed, for `error`; `nil` where it costs more, or lasts shorter, than the player has agreed
    /// to. The wallet tries again until its grace period ends; buying it helps, too.
    case passNotRenewed(sku: String, endsAt: Date, error: WalletError?)
    /// A pass is over, with its grace period. What the player had agreed to for it holds no more.
    case passEnded(sku: String)
    /// The balance changed. ``Wallet/balanceUpdates`` tells the same.
    case balanceChanged(Balance)
    /// There is a new catalog.
    case catalogChanged(version: Int)
    /// A top-up went on.
    case topUpChanged(TopUp)
    /// Automatic top-ups are paused for this reason, until the player agrees again by ``Wallet/setAutoTopUp(_:)``.
    case autoTopUpPaused(AutoTopUpPause)
    /// A tab went on. What is owed of an open one changes with each purchase, too: ``balanceChanged(_:)``.
    case tabChanged(CardTab)
    /// The device is frozen; see ``WalletError/Reason/deviceFrozen(forkSeq:)``.
    case frozen(forkSeq: Int)
    /// Sync began, ended or waits. ``Wallet/syncStateUpdates`` tells the same.
    case syncChanged(SyncState)
}

/// What sync is doing.
public enum SyncState: Hashable, Sendable {
    /// Nothing is left to do.
    case idle
    /// It talks to the gateway.
    case running
    /// It tries again by itself after `delay`; `attempt` tries have failed in a row, the last one with `error`.
    case waiting(delay: Duration, attempt: Int, error: WalletError)
    /// It stopped until something changes: an app update, an enrolment.
    case stopped(WalletError)
}

/// What a sync has done.
public struct SyncReport: Hashable, Sendable {
    /// Entries that were settled.
    public let settled: Int

    /// Entries that were rejected; see ``WalletEvent/rejected(purchase:sku:reason:revoked:)``.
    public let rejected: Int

    /// Entries that wait for settlement: those made meanwhile.
    public let waiting: Int

    /// The balance after it.
    public let balance: Balance

    /// One as the wallet would give it, for previews and tests of an app.
    public init(settled: Int, rejected: Int, waiting: Int, balance: Balance) {
        self.settled = settled
        self.rejected = rejected
        self.waiting = waiting
        self.balance = balance
    }
}
