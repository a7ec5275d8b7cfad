package dev.farthing

import java.time.Instant

/**
 * What a player agrees to by [Wallet.setAutoTopUp]: that a card is charged by itself. All amounts are in one currency.
 *
 * @property below The card is charged once the balance is below this.
 * @property amount How much each time. Where that does not lift the balance to [below], the next sync charges once more.
 * @property card Which card.
 * @property monthlyCap The most that is charged by itself in a calendar month (UTC). What the player tops up themselves
 * does not count.
 */
public data class AutoTopUp(
    val below: Money,
    val amount: Money,
    val card: String,
    val monthlyCap: Money,
)

/**
 * What the player has agreed to, and how it stands. Get it by [Wallet.autoTopUp]; it is how things were then, and does
 * not change.
 *
 * @property setting What they have agreed to.
 * @property agreedAt When, by trusted time.
 * @property chargedThisMonth How much of this month's cap is used: by charges that were made and by one that is under way.
 * @property pause Why nothing is charged until the player agrees again; `null` where it goes on.
 * @property waitsUntil The operator's caps had no room: nothing is charged before this time.
 */
public data class AutoTopUpConsent(
    val setting: AutoTopUp,
    val agreedAt: Instant,
    val chargedThisMonth: Money,
    val pause: AutoTopUpPause?,
    val waitsUntil: Instant?,
)

/** Why automatic top-ups are paused, until the player agrees again. */
public enum class AutoTopUpPause {
    /**
     * The bank declined the card, or the player did not confirm the charge: the top-up itself has the bank's code. Or the
     * bank has taken back what was charged.
     */
    DECLINED,

    /** The card was removed, or has expired. */
    CARD_UNAVAILABLE,

    /** The gateway charges no such amount, or charges nothing for this player: they may be too young. */
    REFUSED,
}
