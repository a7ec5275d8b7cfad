package dev.farthing.sample.tab

import dev.farthing.Card
import dev.farthing.Tab
import dev.farthing.sample.wallet.WalletContents

/**
 * What the screen of the tab shows.
 *
 * @property tab The tab that the player has, or owes something of; `null` where one can be opened.
 * @property cards The cards that may authorise one.
 * @property isBusy Whether something is asked of the gateway right now.
 */
data class TabUiState(
    val tab: Tab? = null,
    val cards: List<Card> = emptyList(),
    val isBusy: Boolean = false,
) {
    /** The card that the tab is on; `null` once it was removed. */
    val card: Card? get() = cards.find { it.id == tab?.card }
}

/** What the screen of the tab shows of a wallet. */
fun tabUiState(
    contents: WalletContents?,
    isBusy: Boolean,
): TabUiState = TabUiState(contents?.currentTab, contents?.cards.orEmpty(), isBusy)
