package dev.farthing.sample.packs

import dev.farthing.Money
import dev.farthing.StoreTopUp
import dev.farthing.sample.Notice
import dev.farthing.sample.R
import org.junit.Test
import kotlin.test.assertEquals

class PackNoticeTest {
    private val amount = Money("5", "USD")

    @Test
    fun `a pack is in the purse once the player has paid the store, not before`() {
        assertEquals(Notice(R.string.pack_credited, amount), packNotice(StoreTopUp(amount, isCredited = true)))
        assertEquals(Notice(R.string.pack_pending, amount), packNotice(StoreTopUp(amount, isCredited = false)))
    }
}
