package dev.farthing

import java.time.Duration
import java.time.Instant

/**
 * What the player has for a time, judged by the wallet's trusted time: a clock that is set back revives
 * nothing. Get it by [Wallet.pass]; it is how things were then, and does not change.
 *
 * @property sku Which pass.
 * @property state Whether it lasts.
 * @property startsAt When it began.
 * @property endsAt When it ends. It is bought again before, and lasts longer.
 * @property graceEndsAt When its grace period ends; the same as [endsAt] where it has none.
 * @property renewal The most that the wallet pays to renew it, once that is due; `null` where the player
 * has not agreed to it with [Wallet.setPassRenewal].
 */
public data class Pass(
    val sku: String,
    val state: PassState,
    val startsAt: Instant,
    val endsAt: Instant,
    val graceEndsAt: Instant,
    val renewal: Money?,
)

/** Whether a pass lasts. */
public enum class PassState {
    /** It lasts. */
    ACTIVE,

    /** It has ended, and the player may still have it for a while. */
    GRACE,

    /** It is over. */
    ENDED,
}

/**
 * How long an item of the kind [ItemKind.PASS] is for.
 *
 * @property length How long one purchase lasts.
 * @property grace How long after its end the player may still have it.
 * @property mayRenew Whether the player may let the wallet renew it.
 * @property reminder How long before its end the player is reminded ([WalletEvent.PassEnding]); zero for not
 * at all, but for a renewal.
 */
public data class PassTerms(
    val length: Duration,
    val grace: Duration,
    val mayRenew: Boolean,
    val reminder: Duration,
)
