package dev.farthing

import java.time.Instant

/**
 * A limit that a card has authorised: it is spent now, and the card is charged once, at the end.
 *
 * @property id Its name, which is also its idempotency key at the gateway.
 * @property limit The most that the card is charged.
 * @property card Which card.
 * @property openedAt When it was asked for. The gateway closes it six days later, if nobody has before.
 * @property owed What the player owes. Of an open tab: what the card would be charged if it were closed now, that is the
 * limit less what is left of the balance, to the next whole minor unit; money that the player had or topped up is spent
 * first, and what other devices of the account have reserved counts as spent. Of one that closes: what the card is being
 * charged. Of one that could not be charged: what is due. Zero otherwise.
 * @property state How far it is.
 */
public data class Tab(
    val id: String,
    val limit: Money,
    val card: String,
    val openedAt: Instant,
    val owed: Money,
    val state: TabState,
)

/** How far a tab is. */
public sealed interface TabState {
    /**
     * It is not known yet whether the gateway has got it. Sync finds out: wait for
     * [WalletEvent.TabChanged], and do not open another one meanwhile.
     */
    public data object Created : TabState

    /**
     * The player must confirm on the bank's page (3-D Secure): open it in a browser, then call
     * [Wallet.sync]. Declining there ends the tab.
     *
     * @property url The page.
     */
    public data class RequiresAction(
        val url: String,
    ) : TabState

    /** The bank has not decided yet. Sync asks again. */
    public data object Processing : TabState

    /** The limit is in the balance. */
    public data object Open : TabState

    /** It is being closed, or what was due of it is being paid. Sync goes on with it. */
    public data object Closing : TabState

    /**
     * It is paid.
     *
     * @property charged What the card was charged, or what was due and paid out of the balance; zero where nothing was
     * spent.
     */
    public data class Closed(
        val charged: Money,
    ) : TabState

    /**
     * The card did not authorise the limit, and nothing is owed; or it could not be charged at the end, and [Tab.owed] is
     * due: top up, then call [Wallet.closeTab] again.
     *
     * @property code Why, as far as the bank says.
     */
    public data class Failed(
        val code: DeclineCode,
    ) : TabState

    /**
     * The cardholder's bank has taken the charge back until it has decided: the player, or whoever has the card, disputes
     * it. If it lets it stand, this is [Closed] again, and what is held is in the balance.
     *
     * @property held What is held of the balance meanwhile: as much of the charge as was neither spent nor reserved for
     * a device.
     */
    public data class Disputed(
        val held: Money,
    ) : TabState

    /**
     * The bank has taken the charge back for good.
     *
     * @property amount What went out of the balance with it.
     */
    public data class ChargedBack(
        val amount: Money,
    ) : TabState
}
