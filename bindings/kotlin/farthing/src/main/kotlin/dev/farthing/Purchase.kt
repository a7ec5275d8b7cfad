package dev.farthing

import java.time.Instant

/**
 * One purchase.
 *
 * @property id Its name, here and at the gateway.
 * @property sku What was bought or used; of a tip `tip:` and the creator.
 * @property quantity How many.
 * @property total The price of all.
 * @property purchasedAt When, by a time that can't be turned back.
 * @property state How far it is.
 * @property kind Whether it was bought, used by a [Meter], or given to a creator.
 * @property tip Of a tip: who got it, and what was said with it.
 * @property isFromAnotherDevice Whether another device of the account has bought it. Its items are there, unless they are
 * owned for ever, and it can be refunded there alone.
 */
public data class Purchase(
    val id: String,
    val sku: String,
    val quantity: Int,
    val total: Money,
    val purchasedAt: Instant,
    val state: PurchaseState,
    val kind: PurchaseKind,
    val tip: Tip? = null,
    val isFromAnotherDevice: Boolean = false,
)

/** What was paid for. */
public enum class PurchaseKind {
    /** An item, bought and granted. */
    ITEM,

    /** Units of a metered item, counted by a [Meter] and written down together. */
    USAGE,

    /** A tip to a creator, which grants nothing. */
    TIP,
}

/** How far a purchase is. */
public sealed interface PurchaseState {
    /** Granted and on disk; it will settle by itself. */
    public data object Granted : PurchaseState

    /** On its way to the gateway. */
    public data object Settling : PurchaseState

    /**
     * Settled for ever.
     *
     * @property split Who got what of the price.
     * @property settledAt When, by the gateway's clock.
     */
    public data class Settled(
        val split: Split,
        val settledAt: Instant,
    ) : PurchaseState

    /**
     * Settled, and the price or a part of it went back into the balance.
     *
     * @property split Who had got what of the price.
     * @property settledAt When it was settled, by the gateway's clock.
     * @property amount How much went back so far: all of the price, or a part.
     * @property quantity How many items were to be taken back, as far as they were not used.
     * @property refundedAt When the last of it went back, by the gateway's clock.
     */
    public data class Refunded(
        val split: Split,
        val settledAt: Instant,
        val amount: Money,
        val quantity: Int,
        val refundedAt: Instant,
    ) : PurchaseState

    /**
     * The gateway rejected it: nothing was paid, and what was granted is taken back as far as it
     * was not used.
     *
     * @property reason Why.
     */
    public data class Rejected(
        val reason: RejectionReason,
    ) : PurchaseState
}

/**
 * Who gets what of a price; the parts add up to it.
 *
 * @property processor The share of the card charge's fee that falls on this purchase.
 * @property platform The platform's share.
 * @property developer What the developer gets; of a tip, what the creator gets.
 */
public data class Split(
    val processor: Money,
    val platform: Money,
    val developer: Money,
)

/** Why the gateway rejected a purchase. */
public enum class RejectionReason {
    /** The entry can't be read by this gateway. */
    MALFORMED,

    /** The catalog version was never published to this merchant's devices. */
    UNKNOWN_CATALOG,

    /** The catalog version has no such item. */
    UNKNOWN_ITEM,

    /** The price is not the catalog's. */
    WRONG_PRICE,

    /** The quantity is nothing, or more than can be bought at once. */
    WRONG_QUANTITY,

    /** The allowance was never issued, or is older than the one named before. */
    UNKNOWN_ALLOWANCE,

    /** It happened after the allowance had expired, or came after its last settlement date. */
    ALLOWANCE_EXPIRED,

    /** It is above what one purchase may cost. */
    ABOVE_PURCHASE_MAX,

    /** It is beyond the sum or the count of the allowance. */
    ALLOWANCE_EXCEEDED,

    /** The limits of the player or a guardian leave less. */
    SPENDING_LIMIT_REACHED,

    /** It needed a guardian's approval. */
    APPROVAL_REQUIRED,

    /** The merchant has registered no such creator. */
    UNKNOWN_CREATOR,

    /** A reason that this version of the library does not know. */
    OTHER,
}

/**
 * Which purchases are asked for.
 *
 * @property limit How many at most; the newest come first.
 * @property waitingOnly Only those that wait for settlement, all of which are this device's own.
 */
public data class PurchaseFilter
    @JvmOverloads
    constructor(
        val limit: Int = 100,
        val waitingOnly: Boolean = false,
    ) {
        init {
            require(limit >= 0) { "limit must not be negative, but is $limit" }
        }
    }
