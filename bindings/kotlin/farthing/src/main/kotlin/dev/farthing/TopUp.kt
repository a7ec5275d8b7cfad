package dev.farthing

import java.time.Instant

/**
 * A charge of a card that raises the balance.
 *
 * @property id Its name, which is also its idempotency key at the gateway.
 * @property amount How much.
 * @property card From which card.
 * @property createdAt When it was begun.
 * @property state How far it is.
 */
public data class TopUp(
    val id: String,
    val amount: Money,
    val card: String,
    val createdAt: Instant,
    val state: TopUpState,
)

/** How far a top-up is. */
public sealed interface TopUpState {
    /**
     * It is not known yet whether the gateway has got it. Sync finds out: wait for
     * [WalletEvent.TopUpChanged], and do not begin another one meanwhile.
     */
    public data object Created : TopUpState

    /**
     * The player must confirm on the bank's page (3-D Secure): open it in a browser, then call
     * [Wallet.sync].
     *
     * @property url The page.
     */
    public data class RequiresAction(
        val url: String,
    ) : TopUpState

    /** The bank has not decided yet. Sync asks again. */
    public data object Processing : TopUpState

    /** The money is in the balance. */
    public data object Succeeded : TopUpState

    /**
     * The card was not charged.
     *
     * @property code Why, as far as the bank says.
     */
    public data class Failed(
        val code: DeclineCode,
    ) : TopUpState
}

/** Why a card was declined. */
public enum class DeclineCode {
    /** The bank says no and not why. */
    GENERIC_DECLINE,

    /** The card's account has not enough money. */
    INSUFFICIENT_FUNDS,

    /** The card has expired. */
    EXPIRED_CARD,

    /** The card verification code is wrong. */
    INCORRECT_CVC,

    /** The card was reported lost. */
    LOST_CARD,

    /** The card was reported stolen. */
    STOLEN_CARD,

    /** The cardholder did not confirm, or failed to. */
    AUTHENTICATION_FAILED,

    /** The processor failed. */
    PROCESSING_ERROR,

    /** A code that this version of the library does not know. */
    OTHER,
}
