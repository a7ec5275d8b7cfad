package dev.farthing

import dev.farthing.ffi.WalletFailure
import java.time.Duration
import java.time.Instant

/**
 * Why the wallet did not do what was asked. The message says what happened, what was kept and what
 * to do next; it is for developers and logs, in English. For players, decide by the class.
 *
 * A call that throws has changed nothing, unless the class says otherwise. Money and items that the
 * wallet held before are still there.
 *
 * @property isTransient Whether the same call may work later, by itself or once the device is online.
 */
public sealed class WalletException(
    message: String,
    public val isTransient: Boolean,
) : Exception(message) {
    /** The wallet has never reached its gateway: connect once, then purchases work offline too. */
    public class NotEnrolled internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The balance is too low. Offer a top-up.
     *
     * @property available All that the player has.
     * @property needed The price.
     */
    public class InsufficientFunds internal constructor(
        failure: WalletFailure,
        public val available: Money,
        public val needed: Money,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The money is there, but not reserved for this device. Going online helps.
     *
     * @property limit What was reserved for this device in all.
     * @property remaining What is left of it.
     */
    public class OfflineLimitReached internal constructor(
        failure: WalletFailure,
        public val limit: Money,
        public val remaining: Money,
    ) : WalletException(failure.message, failure.isTransient)

    /** The time in which this device may buy offline is over. Going online helps. */
    public class AllowanceExpired internal constructor(
        failure: WalletFailure,
        public val expiredAt: Instant,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The price is above what one purchase may cost, or what the limits of the player or a guardian
     * leave. Where several devices share a limit, being online may help.
     *
     * @property period What the limit is for.
     * @property limit The limit.
     * @property remaining What can still be spent on this device before it resets.
     * @property resets When the period ends; `null` for a single purchase.
     */
    public class SpendingLimitReached internal constructor(
        failure: WalletFailure,
        public val period: LimitPeriod,
        public val limit: Money,
        public val remaining: Money,
        public val resets: Instant?,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * A guardian has to approve the purchase, and was asked. Buy again once they have: see
     * [Wallet.approvals].
     *
     * @property approval The request that waits for an answer.
     * @property sku What was to be bought.
     * @property total The price of all.
     */
    public class ApprovalRequired internal constructor(
        failure: WalletFailure,
        public val approval: String,
        public val sku: String,
        public val total: Money,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * A metered item has come to as much as it may cost on one day.
     *
     * @property sku Which item.
     * @property cap The most that a day may cost.
     * @property resetsAt When the next day begins.
     */
    public class UsageCapReached internal constructor(
        failure: WalletFailure,
        public val sku: String,
        public val cap: Money,
        public val resetsAt: Instant,
    ) : WalletException(failure.message, failure.isTransient)

    /** The catalog has no such item: check the spelling, or sync for a newer catalog. */
    public class UnknownItem internal constructor(
        failure: WalletFailure,
        public val sku: String,
    ) : WalletException(failure.message, failure.isTransient)

    /** The item is durable and the player has it, on this phone or another one. */
    public class AlreadyOwned internal constructor(
        failure: WalletFailure,
        public val sku: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The player has fewer of an item than are to be used.
     *
     * @property owned How many there are.
     * @property needed How many were asked for.
     */
    public class InsufficientItems internal constructor(
        failure: WalletFailure,
        public val sku: String,
        public val owned: Long,
        public val needed: Long,
    ) : WalletException(failure.message, failure.isTransient)

    /** The prices are too old to buy by. Going online helps. */
    public class CatalogExpired internal constructor(
        failure: WalletFailure,
        public val expiredAt: Instant,
    ) : WalletException(failure.message, failure.isTransient)

    /** There is no catalog yet: the wallet is enrolled, but its first sync was cut short. */
    public class CatalogMissing internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** As many purchases wait for settlement as the wallet holds. Going online helps. */
    public class QueueFull internal constructor(
        failure: WalletFailure,
        public val limit: Long,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * A part of the card's details is wrong. No card was added; ask for it again.
     *
     * @property field `number`, `expiry_month`, `expiry_year` or `cvc`.
     */
    public class CardInvalid internal constructor(
        failure: WalletFailure,
        public val field: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The bank refused the charge; the balance is as before. Offer another card.
     *
     * @property code Why, as far as the bank says.
     * @property topUp The top-up that failed; of a tab, its name.
     */
    public class CardDeclined internal constructor(
        failure: WalletFailure,
        public val code: DeclineCode,
        public val topUp: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The account would hold, or have loaded in the month, more than the operator lets it; or a tab is larger than it may
     * be after one for which the card could not be charged. No card was charged.
     *
     * @property cap Which cap.
     * @property most The cap.
     * @property room What can still be loaded now, or the most that a tab may be; zero or more.
     */
    public class TopUpCapReached internal constructor(
        failure: WalletFailure,
        public val cap: TopUpCap,
        public val most: Money,
        public val room: Money,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The player is too young for a card to be charged, or a guardian has to set a PIN first. No card was charged.
     *
     * @property needsGuardian Whether it works once a guardian has set a PIN ([Wallet.setLimits]).
     */
    public class AgeRestricted internal constructor(
        failure: WalletFailure,
        public val needsGuardian: Boolean,
    ) : WalletException(failure.message, failure.isTransient)

    /** The gateway has not settled the purchase, so there is nothing to give back yet. Connect, sync, and try again. */
    public class NotSettled internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** All of the purchase's price went back before. */
    public class AlreadyRefunded internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** Fewer of the item are left than the purchase had. Only the merchant can refund it. */
    public class AlreadyUsed internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The operator lets players have a refund for some hours, or not at all. Only the merchant can refund it.
     *
     * @property reason The gateway's own words.
     */
    public class RefundTooLate internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * What the app store has sold has credited another player's balance, or was bought for one. Nothing was credited; sign
     * in as that player.
     */
    public class StorePurchaseTaken internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * What the app store has sold can't be credited: it is not the store's, is of another app, or was given back.
     *
     * @property reason The gateway's own words.
     */
    public class StorePurchaseInvalid internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The gateway can't be reached. What was begun is kept and goes on by itself.
     *
     * @property operation What needed the connection.
     */
    public class Offline internal constructor(
        failure: WalletFailure,
        public val operation: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The gateway answered that it can't help just now. Nothing is lost; try again later.
     *
     * @property retryAfter How long it asks to be left alone, if it says.
     */
    public class GatewayUnavailable internal constructor(
        failure: WalletFailure,
        public val retryAfter: Duration?,
    ) : WalletException(failure.message, failure.isTransient)

    /** Something answered that is not our gateway: check the address, the network and the root key. */
    public class GatewayNotTrusted internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The gateway refused the request.
     *
     * @property reason The gateway's own words.
     */
    public class Refused internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * Two different journals of this device exist: a backup was restored, or it was cloned. What
     * was settled stands.
     *
     * @property forkSeq The entry at which they part.
     */
    public class DeviceFrozen internal constructor(
        failure: WalletFailure,
        public val forkSeq: Long,
    ) : WalletException(failure.message, failure.isTransient)

    /** The device was given up by its owner or the operator; it can't spend any more. */
    public class DeviceRevoked internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** The player's account was erased; nothing of it can be spent. Erase this wallet, and begin a new one. */
    public class AccountErased internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** The wallet's data is older than this device remembers, as after restoring a backup. Sync before buying. */
    public class SyncRequired internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** The gateway does not accept this app's key. */
    public class EnrolmentRejected internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /** The key store can't be used now, such as before the first unlock of a phone. Try again then. */
    public class KeyStoreUnavailable internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The keys of this wallet are gone for good: the phone's lock was removed, or the app's data came
     * to another phone without them. [Wallet.startOver] sets the wallet aside, so that a new one can
     * be begun.
     */
    public class KeyLost internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** There is no room on the disk. Nothing was changed; free some space and try again. */
    public class StorageFull internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** The database can't be read or written. */
    public class StorageUnavailable internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * The database is damaged or was tampered with. It is kept as it is, and nothing was spent; opening
     * the wallet anew takes over what is intact in it.
     */
    public class StorageDamaged internal constructor(
        failure: WalletFailure,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /** The wallet is open already, here or in another process. */
    public class AlreadyOpen internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** The wallet was closed. */
    public class Closed internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** Some entries wait for settlement; erasing would lose them. Sync first, or force it. */
    public class UnsettledEntries internal constructor(
        failure: WalletFailure,
        public val count: Long,
    ) : WalletException(failure.message, failure.isTransient)

    /**
     * An argument can't be used.
     *
     * @property field Which.
     * @property reason Why not, as the rest of a sentence.
     */
    public class InvalidArgument internal constructor(
        failure: WalletFailure,
        public val field: String,
        public val reason: String,
    ) : WalletException(failure.message, failure.isTransient)

    /** The data on this device, or the gateway, is of a newer version than this library. Update the app. */
    public class UpgradeRequired internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)

    /** A mistake of ours. The wallet goes on; please report the message. */
    public class Internal internal constructor(
        failure: WalletFailure,
    ) : WalletException(failure.message, failure.isTransient)
}
