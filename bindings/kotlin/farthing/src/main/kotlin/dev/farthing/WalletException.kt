package dev.farthing

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
    public val isTransient: Boolean = false,
) : Exception(message) {
    /** The wallet has never reached its gateway: connect once, then purchases work offline too. */
    public class NotEnrolled internal constructor(
        message: String,
    ) : WalletException(message)

    /**
     * The balance is too low. Offer a top-up.
     *
     * @property available All that the player has.
     * @property needed The price.
     */
    public class InsufficientFunds internal constructor(
        message: String,
        public val available: Money,
        public val needed: Money,
    ) : WalletException(message)

    /**
     * The money is there, but not reserved for this device. Going online helps.
     *
     * @property limit What was reserved for this device in all.
     * @property remaining What is left of it.
     */
    public class OfflineLimitReached internal constructor(
        message: String,
        public val limit: Money,
        public val remaining: Money,
    ) : WalletException(message)

    /** The time in which this device may buy offline is over. Going online helps. */
    public class AllowanceExpired internal constructor(
        message: String,
        public val expiredAt: Instant,
    ) : WalletException(message)

    /**
     * The price is above what one purchase may cost.
     *
     * @property limit The most that one purchase may cost.
     */
    public class SpendingLimitReached internal constructor(
        message: String,
        public val limit: Money,
    ) : WalletException(message)

    /** The catalog has no such item: check the spelling, or sync for a newer catalog. */
    public class UnknownItem internal constructor(
        message: String,
        public val sku: String,
    ) : WalletException(message)

    /** The item is durable and the player has it. */
    public class AlreadyOwned internal constructor(
        message: String,
        public val sku: String,
    ) : WalletException(message)

    /**
     * The player has fewer of an item than are to be used.
     *
     * @property owned How many there are.
     * @property needed How many were asked for.
     */
    public class InsufficientItems internal constructor(
        message: String,
        public val sku: String,
        public val owned: Long,
        public val needed: Long,
    ) : WalletException(message)

    /** The prices are too old to buy by. Going online helps. */
    public class CatalogExpired internal constructor(
        message: String,
        public val expiredAt: Instant,
    ) : WalletException(message)

    /** There is no catalog yet: the wallet is enrolled, but its first sync was cut short. */
    public class CatalogMissing internal constructor(
        message: String,
    ) : WalletException(message)

    /** As many purchases wait for settlement as the wallet holds. Going online helps. */
    public class QueueFull internal constructor(
        message: String,
        public val limit: Long,
    ) : WalletException(message)

    /**
     * A part of the card's details is wrong. No card was added; ask for it again.
     *
     * @property field `number`, `expiry_month`, `expiry_year` or `cvc`.
     */
    public class CardInvalid internal constructor(
        message: String,
        public val field: String,
    ) : WalletException(message)

    /**
     * The bank refused the charge; the balance is as before. Offer another card.
     *
     * @property code Why, as far as the bank says.
     * @property topUp The top-up that failed.
     */
    public class CardDeclined internal constructor(
        message: String,
        public val code: DeclineCode,
        public val topUp: String,
    ) : WalletException(message)

    /**
     * The gateway can't be reached. What was begun is kept and goes on by itself.
     *
     * @property operation What needed the connection.
     */
    public class Offline internal constructor(
        message: String,
        public val operation: String,
    ) : WalletException(message, isTransient = true)

    /**
     * The gateway answered that it can't help just now. Nothing is lost; try again later.
     *
     * @property retryAfter How long it asks to be left alone, if it says.
     */
    public class GatewayUnavailable internal constructor(
        message: String,
        public val retryAfter: Duration?,
    ) : WalletException(message, isTransient = true)

    /** Something answered that is not our gateway: check the address, the network and the root key. */
    public class GatewayNotTrusted internal constructor(
        message: String,
        public val reason: String,
    ) : WalletException(message, isTransient = true)

    /**
     * The gateway refused the request.
     *
     * @property reason The gateway's own words.
     */
    public class Refused internal constructor(
        message: String,
        public val reason: String,
    ) : WalletException(message)

    /**
     * Two different journals of this device exist: a backup was restored, or it was cloned. What
     * was settled stands.
     *
     * @property forkSeq The entry at which they part.
     */
    public class DeviceFrozen internal constructor(
        message: String,
        public val forkSeq: Long,
    ) : WalletException(message)

    /** The device was given up by its owner or the operator; it can't spend any more. */
    public class DeviceRevoked internal constructor(
        message: String,
    ) : WalletException(message)

    /** The wallet's data is older than this device remembers, as after restoring a backup. Sync before buying. */
    public class SyncRequired internal constructor(
        message: String,
    ) : WalletException(message)

    /** The gateway does not accept this app's key. */
    public class EnrolmentRejected internal constructor(
        message: String,
        public val reason: String,
    ) : WalletException(message)

    /** The key store can't be used now, such as before the first unlock of a phone. Try again then. */
    public class KeyStoreUnavailable internal constructor(
        message: String,
        public val reason: String,
    ) : WalletException(message, isTransient = true)

    /**
     * The keys of this wallet are gone for good: the phone's lock was removed, or the app's data came
     * to another phone without them. [Wallet.startOver] sets the wallet aside, so that a new one can
     * be begun.
     */
    public class KeyLost internal constructor(
        message: String,
    ) : WalletException(message)

    /** There is no room on the disk. Nothing was changed; free some space and try again. */
    public class StorageFull internal constructor(
        message: String,
    ) : WalletException(message, isTransient = true)

    /** The database can't be read or written. */
    public class StorageUnavailable internal constructor(
        message: String,
        public val reason: String,
    ) : WalletException(message)

    /** The database is damaged or was tampered with. It is kept as it is, and nothing was spent. */
    public class StorageDamaged internal constructor(
        message: String,
        public val reason: String,
    ) : WalletException(message)

    /** The wallet is open already, here or in another process. */
    public class AlreadyOpen internal constructor(
        message: String,
    ) : WalletException(message)

    /** The wallet was closed. */
    public class Closed internal constructor(
        message: String,
    ) : WalletException(message)

    /** Some entries wait for settlement; erasing would lose them. Sync first, or force it. */
    public class UnsettledEntries internal constructor(
        message: String,
        public val count: Long,
    ) : WalletException(message)

    /**
     * An argument can't be used.
     *
     * @property field Which.
     * @property reason Why not, as the rest of a sentence.
     */
    public class InvalidArgument internal constructor(
        message: String,
        public val field: String,
        public val reason: String,
    ) : WalletException(message)

    /** The data on this device, or the gateway, is of a newer version than this library. Update the app. */
    public class UpgradeRequired internal constructor(
        message: String,
    ) : WalletException(message)

    /** A mistake of ours. The wallet goes on; please report the message. */
    public class Internal internal constructor(
        message: String,
    ) : WalletException(message)
}
