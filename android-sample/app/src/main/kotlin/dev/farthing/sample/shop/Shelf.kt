package dev.farthing.sample.shop

import androidx.annotation.StringRes
import dev.farthing.Catalog
import dev.farthing.Item
import dev.farthing.ItemKind
import dev.farthing.Pass
import dev.farthing.PassState
import dev.farthing.sample.R

/**
 * Where a thing lies in the shop.
 *
 * @property title What is written above it.
 * @property isWide Whether each thing on it has a row of its own.
 */
enum class Shelf(
    @param:StringRes val title: Int,
    val isWide: Boolean = false,
) {
    /** Single things, for money. */
    JOURNEY(R.string.shelf_heading),

    /** Passes, and several things in one. */
    SETS(R.string.shelf_sets, isWide = true),

    /** The game's own currency, and what it buys. */
    TREASURE(R.string.shelf_treasure),
}

/** Which shelf an item lies on; `null` for what is paid by use: it is not bought, and has no place in the shop. */
fun Catalog.shelfOf(item: Item): Shelf? =
    when (item.kind) {
        ItemKind.CONSUMABLE, ItemKind.DURABLE -> {
            if (currencies.any { it.code == item.price.currency }) Shelf.TREASURE else Shelf.JOURNEY
        }

        ItemKind.PASS, ItemKind.BUNDLE -> {
            Shelf.SETS
        }

        ItemKind.CURRENCY_PACK -> {
            Shelf.TREASURE
        }

        ItemKind.METERED -> {
            null
        }
    }

/**
 * One thing on a shelf.
 *
 * @property item What it is and costs.
 * @property owned How many the player has.
 * @property pass How long the player has it, of a pass.
 * @property isBuying Whether it is being bought right now.
 * @property isGranted Whether it was bought a moment ago.
 * @property isAsked Whether a guardian was asked for it.
 */
data class ShelfItem(
    val item: Item,
    val owned: Long,
    val pass: Pass?,
    val isBuying: Boolean,
    val isGranted: Boolean,
    val isAsked: Boolean,
) {
    /** Whether the player has it for ever, so that it can't be bought again. */
    val isOwnedForEver: Boolean get() = item.kind == ItemKind.DURABLE && owned > 0

    /** The pass while the player has it, so that it can be renewed. */
    val runningPass: Pass? get() = pass?.takeIf { it.state != PassState.ENDED }
}
