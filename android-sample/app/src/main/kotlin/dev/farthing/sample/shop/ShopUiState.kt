package dev.farthing.sample.shop

import dev.farthing.Balance
import dev.farthing.Catalog
import dev.farthing.CurrencyBalance
import dev.farthing.ItemKind
import dev.farthing.SyncState
import dev.farthing.TopUp
import dev.farthing.WalletException
import dev.farthing.sample.wallet.WalletContents

/** What the shop shows. */
sealed interface ShopUiState {
    /** The wallet is being opened, or asks the gateway for the first time. */
    data object Loading : ShopUiState

    /**
     * The shelves.
     *
     * @property balances What the player has of each currency that something costs or credits.
     * @property shelves What is for sale, by shelf; those that are empty are left out.
     * @property isOffline Whether airplane mode is on.
     * @property waiting How many purchases wait for settlement.
     * @property openTopUp A top-up that has not come to its end.
     */
    data class Open(
        val balances: List<CurrencyBalance>,
        val shelves: Map<Shelf, List<ShelfItem>>,
        val isOffline: Boolean,
        val waiting: Int,
        val openTopUp: TopUp?,
    ) : ShopUiState

    /**
     * The gateway was never reached, so there is nothing to show.
     *
     * @property error Why.
     */
    data class Unreachable(
        val error: WalletException,
    ) : ShopUiState
}

/**
 * What the player has tapped on the shelves.
 *
 * @property buying What is being bought right now.
 * @property granted What was bought a moment ago.
 * @property asked What a guardian was asked for.
 */
data class Taps(
    val buying: Set<String> = emptySet(),
    val granted: Set<String> = emptySet(),
    val asked: Set<String> = emptySet(),
)

/** What the shop shows of a wallet. */
fun shopUiState(
    contents: WalletContents?,
    balance: Balance,
    sync: SyncState,
    isOffline: Boolean,
    taps: Taps,
): ShopUiState {
    val catalog = contents?.catalog ?: return withoutCatalog(contents, sync)
    return ShopUiState.Open(
        balances = catalog.moneys().map { balance[it] },
        shelves = shelves(catalog, contents, taps),
        isOffline = isOffline,
        waiting = contents.waiting,
        openTopUp = contents.openTopUp,
    )
}

private fun shelves(
    catalog: Catalog,
    contents: WalletContents,
    taps: Taps,
): Map<Shelf, List<ShelfItem>> {
    val items =
        catalog.items.mapNotNull { item ->
            val shelf = catalog.shelfOf(item) ?: return@mapNotNull null
            shelf to
                ShelfItem(
                    item = item,
                    owned = contents.inventory[item.sku],
                    pass = contents.passes.find { it.sku == item.sku },
                    isBuying = item.sku in taps.buying,
                    isGranted = item.sku in taps.granted,
                    isAsked = item.sku in taps.asked,
                )
        }
    return Shelf.entries
        .associateWith { shelf -> items.filter { it.first == shelf }.map { it.second } }
        .filterValues { it.isNotEmpty() }
}

/** The currencies that something costs or credits, in the order of the catalog. */
private fun Catalog.moneys(): List<String> =
    items
        .filter { it.kind != ItemKind.METERED }
        .flatMap { listOfNotNull(it.price.currency, it.credits?.currency) }
        .distinct()

private fun withoutCatalog(
    contents: WalletContents?,
    sync: SyncState,
): ShopUiState =
    when {
        sync is SyncState.Waiting -> ShopUiState.Unreachable(sync.error)
        sync is SyncState.Stopped -> ShopUiState.Unreachable(sync.error)
        contents?.problem?.isAboutStorage == true -> ShopUiState.Unreachable(requireNotNull(contents.problem))
        else -> ShopUiState.Loading
    }

private val WalletException.isAboutStorage: Boolean
    get() = this is WalletException.StorageDamaged || this is WalletException.StorageUnavailable
