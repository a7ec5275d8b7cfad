package dev.farthing

import java.time.Duration
import java.time.Instant
import java.util.Locale

/**
 * What is for sale, as the gateway signed it last. Prices hold, offline too, until it expires.
 *
 * @property merchant Who sells.
 * @property version Counts up; a purchase names the version that its price is from.
 * @property expiresAt Nothing may be bought from it after this.
 * @property currencies The merchant's own currencies, which [ItemKind.CURRENCY_PACK] credits.
 * @property items What is for sale, in the merchant's order.
 */
public data class Catalog(
    val merchant: String,
    val version: Long,
    val expiresAt: Instant,
    val currencies: List<VirtualCurrency>,
    val items: List<Item>,
) {
    /** The item of a SKU, if it is for sale. */
    public operator fun get(sku: String): Item? = items.find { it.sku == sku }
}

/**
 * A currency of the merchant's own.
 *
 * @property code Its code, as [Money.currency] has it: `gems`.
 * @property exponent The decimals of its smallest unit, 0 to 6.
 * @property title What players call it.
 */
public data class VirtualCurrency(
    val code: String,
    val exponent: Int,
    val title: String,
)

/**
 * One thing for sale.
 *
 * @property sku Its name in code.
 * @property title Its name for players.
 * @property description A sentence for players; may be empty.
 * @property price The usual price of one for this player, whose country may have its own; see [priceAt]. Of a
 *   metered item, that of [MeterTerms.perUnits] units.
 * @property kind What becomes of it.
 * @property meter How the units of a metered item are counted; `null` for an item of another kind.
 * @property pass How long a pass is for; `null` for an item of another kind.
 * @property contents What is in a bundle; empty for an item of another kind.
 * @property credits What one of a currency pack credits; `null` for an item of another kind.
 * @property prices Other prices than the usual one, each for a time: sales, and what it costs in the player's first
 *   days.
 * @property texts What it is called in other languages, by their tags (BCP 47); see [text].
 * @property picture Where a picture of it is, for the app to fetch; `null` where the merchant names none.
 */
public data class Item(
    val sku: String,
    val title: String,
    val description: String,
    val price: Money,
    val kind: ItemKind,
    val meter: MeterTerms?,
    val pass: PassTerms?,
    val contents: List<BundledItem>,
    val credits: Money?,
    val prices: List<ScheduledPrice>,
    val texts: Map<String, ItemText>,
    val picture: String?,
) {
    /** The price of one at a time. What is paid is judged by the wallet's trusted time. */
    public fun priceAt(time: Instant): Money = prices.find { time >= it.from && time < it.until }?.price ?: price

    /** What it is called in a language, or in the one that this is a variant of; else in the catalog's own. */
    public fun text(locale: Locale): ItemText {
        fun known(tag: String) = texts.entries.find { it.key.equals(tag, ignoreCase = true) }?.value
        return known(locale.toLanguageTag()) ?: known(locale.language) ?: ItemText(title, description)
    }
}

/**
 * Another price than the usual one, for a time.
 *
 * @property price The price of one, in the currency of the usual price.
 * @property from From then on.
 * @property until Until then, and not at that time.
 */
public data class ScheduledPrice(
    val price: Money,
    val from: Instant,
    val until: Instant,
)

/**
 * What an item is called in a language.
 *
 * @property title Its name for players.
 * @property description A sentence for players; may be empty.
 */
public data class ItemText(
    val title: String,
    val description: String,
)

/**
 * One of the items in a bundle.
 *
 * @property sku Which item of the same catalog.
 * @property quantity How many of it are in one bundle, at least 1.
 */
public data class BundledItem(
    val sku: String,
    val quantity: Int,
)

/**
 * How the units of a metered item are counted.
 *
 * @property perUnits How many units the item's price is for.
 * @property flushAfterUnits Units that may be counted in memory before they are written down.
 * @property flushAfter How long they may wait.
 * @property dailyCap The most that the units of one day (UTC) may cost on a device; `null` where
 * there is no cap.
 */
public data class MeterTerms(
    val perUnits: Int,
    val flushAfterUnits: Int,
    val flushAfter: Duration,
    val dailyCap: Money?,
)

/** What becomes of an item once it is bought. */
public enum class ItemKind {
    /** Used up, and bought again. */
    CONSUMABLE,

    /** Owned once, for ever, on each of the player's phones. */
    DURABLE,

    /** Paid by use: a [Meter] counts its units, and it is never bought nor owned. */
    METERED,

    /** Had for a time: bought again, it lasts longer. See [Wallet.pass]. */
    PASS,

    /** Several items in one: bought together, given back together, and never owned itself. */
    BUNDLE,

    /**
     * Units of a currency of the merchant's own, [Item.credits]: they are in the balance once the purchase is settled,
     * and nothing is owned by it.
     */
    CURRENCY_PACK,
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
