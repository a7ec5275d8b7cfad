package dev.farthing

import java.time.Duration
import java.time.Instant

/** Something that happened. Events come after the fact is on disk. */
public sealed interface WalletEvent {
    /** A purchase was made and granted. */
    public data class Purchased(
        val purchase: String,
        val sku: String,
    ) : WalletEvent

    /** The gateway settled a purchase; its receipt is there. */
    public data class Settled(
        val purchase: String,
    ) : WalletEvent

    /**
     * The gateway rejected a purchase, which never happens to an untampered wallet. The money is
     * back in the balance.
     *
     * @property purchase Which.
     * @property sku What had been bought.
     * @property reason Why.
     * @property revoked How many items were taken back: those not used yet.
     */
    public data class Rejected(
        val purchase: String,
        val sku: String,
        val reason: RejectionReason,
        val revoked: Long,
    ) : WalletEvent

    /**
     * The price of a purchase, or a part of it, went back into the balance: by [Wallet.refund], or by the merchant.
     *
     * @property purchase Which. It may be another device's of the account; nothing is taken back here then.
     * @property sku What had been bought.
     * @property amount How much went back this time.
     * @property quantity How many items the refund takes back.
     * @property revoked How many were taken back here: fewer, where some were used.
     */
    public data class PurchaseRefunded(
        val purchase: String,
        val sku: String,
        val amount: Money,
        val quantity: Int,
        val revoked: Long,
    ) : WalletEvent

    /**
     * Purchases that other devices of the account have settled are in the list now: [Purchase.isFromAnotherDevice].
     *
     * @property count How many came at once.
     */
    public data class PurchasesArrived(
        val count: Int,
    ) : WalletEvent

    /**
     * What meters count comes near to a limit, the day's cap of an item or the reserve of this
     * device: at 80 % of it.
     *
     * @property sku Which item was used.
     * @property spent What was spent of the limit.
     * @property limit The limit.
     */
    public data class UsageNearLimit(
        val sku: String,
        val spent: Money,
        val limit: Money,
    ) : WalletEvent

    /**
     * A pass will end: the reminder that the catalog asks for, or the one before a renewal.
     *
     * @property sku Which pass.
     * @property endsAt When.
     * @property renewal The most that the wallet will pay to renew it before; `null` where it will not.
     */
    public data class PassEnding(
        val sku: String,
        val endsAt: Instant,
        val renewal: Money?,
    ) : WalletEvent

    /**
     * A pass could not be renewed. The wallet tries again until its grace period ends; buying it helps, too.
     *
     * @property sku Which pass.
     * @property endsAt When it ends.
     * @property error Why it was not bought; `null` where it costs more, or lasts shorter, than the player
     * has agreed to.
     */
    public data class PassNotRenewed(
        val sku: String,
        val endsAt: Instant,
        val error: WalletException?,
    ) : WalletEvent

    /** A pass is over, with its grace period. What the player had agreed to for it holds no more. */
    public data class PassEnded(
        val sku: String,
    ) : WalletEvent

    /** The balance changed. [Wallet.balance] tells the same. */
    public data class BalanceChanged(
        val balance: Balance,
    ) : WalletEvent

    /** There is a new catalog. */
    public data class CatalogChanged(
        val version: Long,
    ) : WalletEvent

    /** A top-up went on. */
    public data class TopUpChanged(
        val topUp: TopUp,
    ) : WalletEvent

    /** A tab went on. What is owed of an open one changes with each purchase, too: [BalanceChanged]. */
    public data class TabChanged(
        val tab: Tab,
    ) : WalletEvent

    /**
     * Automatic top-ups are paused until the player agrees again, by [Wallet.setAutoTopUp].
     *
     * @property reason Why.
     */
    public data class AutoTopUpPaused(
        val reason: AutoTopUpPause,
    ) : WalletEvent

    /**
     * The device is frozen; see [WalletException.DeviceFrozen].
     *
     * @property forkSeq The entry at which two journals part.
     */
    public data class Frozen(
        val forkSeq: Long,
    ) : WalletEvent

    /** Sync began, ended or waits. [Wallet.syncState] tells the same. */
    public data class SyncChanged(
        val state: SyncState,
    ) : WalletEvent
}

/** What sync is doing. */
public sealed interface SyncState {
    /** Nothing is left to do. */
    public data object Idle : SyncState

    /** It talks to the gateway. */
    public data object Running : SyncState

    /**
     * It tries again by itself after a while.
     *
     * @property delay How long it waits.
     * @property attempt How many tries have failed in a row.
     * @property error Why the last one failed.
     */
    public data class Waiting(
        val delay: Duration,
        val attempt: Int,
        val error: WalletException,
    ) : SyncState

    /**
     * It stopped until something changes: an app update, an enrolment.
     *
     * @property error Why.
     */
    public data class Stopped(
        val error: WalletException,
    ) : SyncState
}

/**
 * What a sync has done.
 *
 * @property settled Entries that were settled.
 * @property rejected Entries that were rejected; see [WalletEvent.Rejected].
 * @property waiting Entries that wait for settlement: those made meanwhile.
 * @property balance The balance after it.
 */
public data class SyncReport(
    val settled: Long,
    val rejected: Long,
    val waiting: Long,
    val balance: Balance,
)
