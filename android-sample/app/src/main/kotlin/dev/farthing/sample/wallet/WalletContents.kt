package dev.farthing.sample.wallet

import dev.farthing.AutoTopUpConsent
import dev.farthing.Card
import dev.farthing.Catalog
import dev.farthing.Creator
import dev.farthing.Inventory
import dev.farthing.Pass
import dev.farthing.Purchase
import dev.farthing.PurchaseState
import dev.farthing.Tab
import dev.farthing.TabState
import dev.farthing.TopUp
import dev.farthing.TopUpAdvice
import dev.farthing.TopUpState
import dev.farthing.Wallet
import dev.farthing.WalletException

/** What the shop's cards are charged in, and what its limits are set in. */
const val SHOP_CURRENCY = "USD"

/**
 * What a wallet held at one moment. The screens are pure functions of it.
 *
 * @property catalog What is for sale; `null` until the gateway was reached once.
 * @property inventory What the player owns.
 * @property purchases The newest purchases, the newest first.
 * @property cards The player's cards.
 * @property topUps The charges of those cards.
 * @property topUpAdvice Which amounts to offer for a charge, by the catalog's price list.
 * @property passes What the player has for a time.
 * @property creators Who can be tipped.
 * @property tabs What was spent before it is paid.
 * @property autoTopUp What the player has agreed to that a card is charged for by itself.
 * @property problem Why a part of it can't be read, if so.
 */
data class WalletContents(
    val catalog: Catalog? = null,
    val inventory: Inventory = Inventory(emptyMap()),
    val purchases: List<Purchase> = emptyList(),
    val cards: List<Card> = emptyList(),
    val topUps: List<TopUp> = emptyList(),
    val topUpAdvice: List<TopUpAdvice> = emptyList(),
    val passes: List<Pass> = emptyList(),
    val creators: List<Creator> = emptyList(),
    val tabs: List<Tab> = emptyList(),
    val autoTopUp: AutoTopUpConsent? = null,
    val problem: WalletException? = null,
) {
    /** How many of the purchases wait for settlement. */
    val waiting: Int get() = purchases.count { it.state.isWaiting }

    /** The top-up that goes on: one that waits for the player, for the bank or for the network. */
    val openTopUp: TopUp? get() = topUps.firstOrNull { it.state.isOpen }

    /** The tab that the player has, or owes something of. */
    val currentTab: Tab? get() = tabs.firstOrNull { it.isCurrent }

    companion object {
        /** Reads a wallet. It does not fail: what can't be read is empty, and [problem] says why. */
        suspend fun read(wallet: Wallet): WalletContents {
            var problem: WalletException? = null

            suspend fun <T> part(
                otherwise: T,
                read: suspend () -> T,
            ): T =
                try {
                    read()
                } catch (error: WalletException) {
                    problem = problem ?: error
                    otherwise
                }
            return WalletContents(
                catalog = part<Catalog?>(null) { wallet.catalog() },
                inventory = part(Inventory(emptyMap())) { wallet.inventory() },
                purchases = part(emptyList()) { wallet.purchases() },
                cards = part(emptyList()) { wallet.cards() },
                topUps = part(emptyList()) { wallet.topUps() },
                topUpAdvice = part(emptyList()) { wallet.topUpAdvice(SHOP_CURRENCY) },
                passes = part(emptyList()) { wallet.passes() },
                creators = part(emptyList()) { wallet.creators() },
                tabs = part(emptyList()) { wallet.tabs() },
                autoTopUp = part<AutoTopUpConsent?>(null) { wallet.autoTopUp() },
            ).let { it.copy(problem = problem) }
        }
    }
}

/** Whether a purchase waits for settlement. */
val PurchaseState.isWaiting: Boolean
    get() = this is PurchaseState.Granted || this is PurchaseState.Settling

/** Whether a top-up has not come to its end. */
val TopUpState.isOpen: Boolean
    get() =
        when (this) {
            TopUpState.Created, TopUpState.Processing, is TopUpState.RequiresAction -> true
            TopUpState.Succeeded, is TopUpState.Failed, is TopUpState.Disputed, is TopUpState.ChargedBack -> false
        }

/** Whether a tab has not come to its end, or something is due of it. */
val Tab.isCurrent: Boolean
    get() =
        when (state) {
            TabState.Created, TabState.Processing, is TabState.RequiresAction, TabState.Open, TabState.Closing -> true
            is TabState.Closed, is TabState.Disputed, is TabState.ChargedBack -> false
            is TabState.Failed -> !owed.isZero
        }
