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
 * @property isAutomatic Whether the wallet made it by itself, as the player has agreed ([Wallet.setAutoTopUp]).
 */
public data class TopUp(
    val id: String,
    val amount: Money,
    val card: String,
    val createdAt: Instant,
    val state: TopUpState,
    val isAutomatic: Boolean = false,
)

/**
 * An amount to offer a player who tops up, and what the processor is expected to take of it.
 *
 * @property amount How much to top up.
 * @property fee What the processor takes of it, by the operator's price list.
 * @property feePerMillion The fee's share of the amount, in millionths, rounded up: 90,000 are 9 %.
 */
public data class TopUpAdvice(
    val amount: Money,
    val fee: Money,
    val feePerMillion: Int,
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

    /**
     * The cardholder's bank has taken the charge back until it has decided: the player, or whoever has the card, disputes
     * it. If it lets it stand, this is [Succeeded] again, and what is held is in the balance.
     *
     * @property held What is held of the balance meanwhile: as much of the charge as was neither spent nor reserved for
     * a device.
     */
    public data class Disputed(
        val held: Money,
    ) : TopUpState

    /**
     * The bank has taken the charge back for good.
     *
     * @property amount What went out of the balance with it.
     */
    public data class ChargedBack(
        val amount: Money,
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

/** What an account may hold, what may be loaded into it, and how large its tabs may be, where the operator caps it. */
public enum class TopUpCap {
    /** The most that an account may hold. */
    BALANCE,

    /** The most that may be loaded in a calendar month (UTC). */
    MONTHLY_LOAD,

    /** The most that the next tab may be, after one for which the card could not be charged. */
    TAB,
}
