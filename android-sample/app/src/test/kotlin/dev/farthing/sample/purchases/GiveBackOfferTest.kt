package dev.farthing.sample.purchases

import dev.farthing.Money
import dev.farthing.Purchase
import dev.farthing.PurchaseKind
import dev.farthing.PurchaseState
import dev.farthing.Split
import org.junit.Test
import java.time.Instant
import kotlin.test.assertEquals

class GiveBackOfferTest {
    private val noon = Instant.parse("2026-11-27T12:00:00Z")
    private val price = Money("0.05", "USD")
    private val settled = PurchaseState.Settled(Split(Money.zero("USD"), Money.zero("USD"), price), noon)
    private val hint = Purchase("1", "hint", 1, price, noon, settled, PurchaseKind.ITEM)

    @Test
    fun `a settled purchase of this phone can be given back, and another phone's is given back there`() {
        assertEquals(GiveBack.OFFERED, giveBackOffer(hint, catalog = null, givingBack = emptySet()))
        assertEquals(GiveBack.ASKED, giveBackOffer(hint, catalog = null, givingBack = setOf("1")))
        for (kind in listOf(PurchaseKind.ITEM, PurchaseKind.TIP)) {
            val elsewhere = hint.copy(kind = kind, isFromAnotherDevice = true)
            assertEquals(GiveBack.NOT_OFFERED, giveBackOffer(elsewhere, catalog = null, givingBack = emptySet()))
        }
    }
}
