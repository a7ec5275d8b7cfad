package dev.farthing.sample.villagers

import dev.farthing.Item
import dev.farthing.Money
import dev.farthing.Purchase
import dev.farthing.PurchaseKind
import dev.farthing.PurchaseState
import dev.farthing.WalletEvent
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneOffset

/** The metered item: each answer that a villager makes up is one unit. */
const val ANSWERS = "api_calls"

/** Where the day's cap stands in the player's way. */
sealed interface CapState {
    /** It does not. */
    data object Far : CapState

    /**
     * It is near: the wallet tells at 80 %.
     *
     * @property spent What was spent of it.
     * @property limit The cap, or the reserve of this device.
     */
    data class Near(
        val spent: Money,
        val limit: Money,
    ) : CapState

    /**
     * It is reached.
     *
     * @property resetsAt When the next day begins.
     */
    data class Reached(
        val resetsAt: Instant,
    ) : CapState
}

/**
 * What the screen of the villagers shows.
 *
 * @property item What an answer costs; `null` where the catalog has none.
 * @property answers How many were given since the screen was opened.
 * @property today What answers have cost since the day began (UTC).
 * @property cap Whether the day's cap is near.
 * @property isAsking Whether one is being asked for.
 */
data class VillagersUiState(
    val item: Item? = null,
    val answers: Int = 0,
    val today: Money? = null,
    val cap: CapState = CapState.Far,
    val isAsking: Boolean = false,
)

/** What units of a metered item cost: the price of so many, rounded down as the wallet does. */
fun Item.priceOf(units: Long): Money {
    val perUnits = checkNotNull(meter) { "$sku is not metered" }.perUnits
    val micros = price.micros.toBigInteger() * units.toBigInteger() / perUnits.toBigInteger()
    return Money.ofMicros(micros.longValueExact(), price.currency)
}

/** What this phone wrote down of an item on the day (UTC) of [now]. */
fun writtenDown(
    purchases: List<Purchase>,
    item: Item,
    now: Instant,
): Money {
    val today = now.day
    return purchases
        .filter { it.kind == PurchaseKind.USAGE && it.sku == item.sku && it.purchasedAt.day == today }
        .filter { it.state !is PurchaseState.Rejected && !it.isFromAnotherDevice }
        .fold(Money.zero(item.price.currency)) { sum, usage -> sum + usage.total }
}

/** What the wallet's warning means for the screen. */
fun CapState.after(warning: WalletEvent.UsageNearLimit): CapState =
    if (this is CapState.Reached) this else CapState.Near(warning.spent, warning.limit)

/** What is left of it once the day's sum was read again: a new day has a new cap. */
fun CapState.at(
    now: Instant,
    written: Money,
): CapState =
    when (this) {
        CapState.Far -> this
        is CapState.Near -> if (written < spent) CapState.Far else this
        is CapState.Reached -> if (now < resetsAt) this else CapState.Far
    }

private val Instant.day: LocalDate get() = atZone(ZoneOffset.UTC).toLocalDate()
