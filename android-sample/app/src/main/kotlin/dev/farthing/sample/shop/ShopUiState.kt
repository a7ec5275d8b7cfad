package dev.farthing.sample.shop

import dev.farthing.Balance
import dev.farthing.CurrencyBalance
import dev.farthing.Item
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
     * @property balances What the player has of each currency that something costs.
     * @property shelf What is for sale.
     * @property isOffline Whether airplane mode is on.
     * @property waiting How many purchases wait for settlement.
     * @property openTopUp A top-up that has not come to its end.
     */
    data class Open(
        val balances: List<CurrencyBalance>,
        val shelf: List<ShelfItem>,
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
 * One thing on the shelf.
 *
 * @property item What it is and costs.
 * @property owned How many the player has.
 * @property isBuying Whether it is being bought right now.
 * @property isGranted Whether it was bought a moment ago.
 */
data class ShelfItem(
    val item: Item,
    val owned: Long,
    val isBuying: Boolean,
    val isGranted: Boolean,
) {
    /** Whether the player has it for ever, so that it can't be bought again. */
    val isOwnedForEver: Boolean get() = item.kind == ItemKind.DURABLE && owned > 0
}

/** What the shop shows of a wallet. */
fun shopUiState(
    contents: WalletContents?,
    balance: Balance,
    sync: SyncState,
    isOffline: Boolean,
    buying: Set<String>,
    granted: Set<String>,
): ShopUiState {
    val catalog = contents?.catalog ?: return withoutCatalog(contents, sync)
    // What is paid by use is not bought: it has no place on the shelf.
    val items = catalog.items.filter { it.kind == ItemKind.CONSUMABLE || it.kind == ItemKind.DURABLE }
    return ShopUiState.Open(
        balances = items.map { it.price.currency }.distinct().map { balance[it] },
        shelf =
            items.map { item ->
                ShelfItem(
                    item = item,
                    owned = contents.inventory[item.sku],
                    isBuying = item.sku in buying,
                    isGranted = item.sku in granted,
                )
            },
        isOffline = isOffline,
        waiting = contents.waiting,
        openTopUp = contents.openTopUp,
    )
}

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
