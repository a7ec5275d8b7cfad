package dev.farthing.sample.villagers

import dev.farthing.Item
import dev.farthing.ItemKind
import dev.farthing.MeterTerms
import dev.farthing.Money
import dev.farthing.Purchase
import dev.farthing.PurchaseKind
import dev.farthing.PurchaseState
import dev.farthing.RejectionReason
import org.junit.Test
import java.time.Duration
import java.time.Instant
import kotlin.test.assertEquals

class VillagersUiStateTest {
    private val noon = Instant.parse("2026-11-27T12:00:00Z")
    private val answers = metered(price = "0.40", perUnits = 100)

    @Test
    fun `units cost their share of the price, and nothing is rounded up`() {
        assertEquals(usd("0.004"), answers.priceOf(units = 1))
        assertEquals(usd("0.02"), answers.priceOf(units = 5))
        assertEquals(Money.ofMicros(333_333, "USD"), metered(price = "1", perUnits = 3).priceOf(units = 1))
        assertEquals(usd("1"), metered(price = "1", perUnits = 3).priceOf(units = 3))
    }

    @Test
    fun `the day's sum is of that item, of that day, of this phone, and of nothing that was taken back`() {
        val purchases =
            listOf(
                usage("0.004", noon),
                usage("0.008", Instant.parse("2026-11-27T00:00:00Z")),
                usage("0.1", Instant.parse("2026-11-26T23:59:59Z")),
                usage("0.2", noon).copy(state = PurchaseState.Rejected(RejectionReason.OTHER)),
                usage("0.3", noon).copy(sku = "another"),
                usage("0.4", noon).copy(kind = PurchaseKind.ITEM),
                usage("0.5", noon).copy(isFromAnotherDevice = true),
            )
        assertEquals(usd("0.012"), writtenDown(purchases, answers, noon))
    }

    @Test
    fun `a new day has a new cap`() {
        val near = CapState.Near(usd("0.016"), usd("0.02"))
        assertEquals(near, near.at(noon, written = usd("0.016")))
        assertEquals(CapState.Far, near.at(noon, written = usd("0")))
        val reached = CapState.Reached(resetsAt = noon)
        assertEquals(reached, reached.at(noon.minusSeconds(1), written = usd("0.02")))
        assertEquals(CapState.Far, reached.at(noon, written = usd("0.02")))
    }

    private fun metered(
        price: String,
        perUnits: Int,
    ) = Item(
        sku = ANSWERS,
        title = "",
        description = "",
        price = usd(price),
        kind = ItemKind.METERED,
        meter = MeterTerms(perUnits, flushAfterUnits = 10, Duration.ofMinutes(1), dailyCap = null),
        pass = null,
        contents = emptyList(),
        credits = null,
        prices = emptyList(),
        texts = emptyMap(),
        picture = null,
    )

    private fun usage(
        total: String,
        at: Instant,
    ) = Purchase(total, ANSWERS, 1, usd(total), at, PurchaseState.Granted, PurchaseKind.USAGE)

    private fun usd(amount: String) = Money(amount, "USD")
}
