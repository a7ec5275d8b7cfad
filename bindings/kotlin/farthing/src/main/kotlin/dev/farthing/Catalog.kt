package dev.farthing

import java.time.Instant

/**
 * What is for sale, as the gateway signed it last. Prices hold, offline too, until it expires.
 *
 * @property merchant Who sells.
 * @property version Counts up; a purchase names the version that its price is from.
 * @property expiresAt Nothing may be bought from it after this.
 * @property items What is for sale, in the merchant's order.
 */
public data class Catalog(
    val merchant: String,
    val version: Long,
    val expiresAt: Instant,
    val items: List<Item>,
) {
    /** The item of a SKU, if it is for sale. */
    public operator fun get(sku: String): Item? = items.find { it.sku == sku }
}

/**
 * One thing for sale.
 *
 * @property sku Its name in code.
 * @property title Its name for players.
 * @property description A sentence for players; may be empty.
 * @property price The price of one.
 * @property kind What becomes of it.
 */
public data class Item(
    val sku: String,
    val title: String,
    val description: String,
    val price: Money,
    val kind: ItemKind,
)

/** What becomes of an item once it is bought. */
public enum class ItemKind {
    /** Used up, and bought again. */
    CONSUMABLE,

    /** Owned once, for ever. */
    DURABLE,
}

/**
 * What the player owns.
 *
 * @property items Each item with its quantity (at least 1), sorted by SKU.
 */
public data class Inventory(
    val items: Map<String, Long>,
) {
    /** How many of an item there are; 0 when there is none. */
    public operator fun get(sku: String): Long = items[sku] ?: 0
}
