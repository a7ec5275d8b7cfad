package dev.farthing

import java.time.Instant

/**
 * Limits on what is spent in one currency. What is `null` is not limited.
 *
 * @property purchase The most that one purchase may cost.
 * @property day The most that may be spent in a day.
 * @property week The most that may be spent in a week, from Monday on.
 * @property month The most that may be spent in a month of the calendar.
 * @property askAbove A purchase that costs more than this needs a guardian's approval; zero has every purchase need it.
 */
public data class SpendingLimits
    @JvmOverloads
    constructor(
        val purchase: Money? = null,
        val day: Money? = null,
        val week: Money? = null,
        val month: Money? = null,
        val askAbove: Money? = null,
    )

/**
 * What limits the player's spending.
 *
 * @property limits The currencies in which there are limits.
 * @property hasGuardian Whether a guardian has set a PIN.
 * @property utcOffsetMinutes By how many minutes the player's days begin before those of UTC.
 * @property asOf When the gateway said so.
 */
public data class Limits(
    val limits: List<CurrencyLimits>,
    val hasGuardian: Boolean,
    val utcOffsetMinutes: Int,
    val asOf: Instant,
)

/**
 * What limits the player's spending in one currency. Of the player's limits and the guardian's, the stricter counts.
 *
 * @property currency Which.
 * @property player What the player has set.
 * @property guardian What a guardian has set.
 * @property pending What the player has set that is looser, and from when on it will hold.
 * @property used What has been settled in each period that is limited.
 */
public data class CurrencyLimits(
    val currency: String,
    val player: SpendingLimits,
    val guardian: SpendingLimits,
    val pending: PendingLimits?,
    val used: List<LimitUse>,
)

/**
 * Limits that will hold after the cooling-off.
 *
 * @property limits Which.
 * @property from From when on.
 */
public data class PendingLimits(
    val limits: SpendingLimits,
    val from: Instant,
)

/**
 * How much of a limit is used.
 *
 * @property period The period that it is for.
 * @property limit The stricter of the player's and the guardian's.
 * @property used What has been settled in the current one.
 * @property resets When the current one ends.
 */
public data class LimitUse(
    val period: LimitPeriod,
    val limit: Money,
    val used: Money,
    val resets: Instant,
)

/** What a limit is for. */
public enum class LimitPeriod {
    /** One purchase. */
    PURCHASE,

    /** A day. */
    DAY,

    /** A week, from Monday on. */
    WEEK,

    /** A month of the calendar. */
    MONTH,
}

/**
 * A purchase that a guardian was asked for.
 *
 * @property id The request's name.
 * @property device The device that asked, which alone may buy it.
 * @property sku What is to be bought.
 * @property quantity How many.
 * @property total The price of all.
 * @property state How far it is.
 * @property askedAt When it was asked for.
 * @property expiresAt Until when it can be answered, and then until when it can be bought.
 */
public data class Approval(
    val id: String,
    val device: String,
    val sku: String,
    val quantity: Int,
    val total: Money,
    val state: ApprovalState,
    val askedAt: Instant,
    val expiresAt: Instant,
)

/** How far a request for an approval is. */
public enum class ApprovalState {
    /** Nobody has answered yet. */
    PENDING,

    /** It may be bought, once. */
    APPROVED,

    /** It may not. */
    DECLINED,

    /** It was bought. */
    USED,

    /** It was not answered, or not bought, in time. */
    EXPIRED,
}
