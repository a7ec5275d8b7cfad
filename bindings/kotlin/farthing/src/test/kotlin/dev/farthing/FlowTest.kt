package dev.farthing

import app.cash.turbine.test
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class FlowTest {
    @Test
    fun `the balance flows`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }
            // When the gateway confirmed it last may still change beside the amounts.
            wallet.balance.map { it["USD"] }.distinctUntilChanged().test {
                assertEquals(usd("5.00"), awaitItem().total)
                wallet.buy("extra_life")
                val spent = awaitItem()
                assertEquals(usd("4.75") to usd("0.25"), spent.total to spent.pending)
                wallet.sync()
                assertTrue(wallet.balance.first { it["USD"].pending.isZero }["USD"].total == usd("4.75"))
                cancelAndIgnoreRemainingEvents()
            }
            wallet.shutDown()
        }
}
