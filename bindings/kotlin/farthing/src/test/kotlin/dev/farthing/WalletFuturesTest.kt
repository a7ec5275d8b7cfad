package dev.farthing

import java.util.concurrent.CompletionException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue

class WalletFuturesTest {
    @Test
    fun `futures end with the result or with the wallet's exception`() =
        onPhone {
            openWithMoney().shutDown()
            val wallet = WalletFutures.open(gateway.config(folder), keys).join()
            val purchase = wallet.buy("hint", 2, "tap-1").join()
            assertEquals(purchase, wallet.buy("hint", 2, "tap-1").join().copy(state = purchase.state))
            assertEquals(1, wallet.consume("hint", 1, "level-7").join())
            assertEquals(usd("4.90"), wallet.balance["USD"].total)
            val failed = assertFailsWith<CompletionException> { wallet.buy("no_such_item").join() }
            assertEquals("no_such_item", assertIs<WalletException.UnknownItem>(failed.cause).sku)
            wallet.close()
            open().close()
        }

    @Test
    fun `a listener is told until it is closed, and one that throws ends only itself`() =
        onPhone {
            openWithMoney().shutDown()
            WalletFutures.open(gateway.config(folder) { syncsByItself = false }, keys).join().use { wallet ->
                val told = LinkedBlockingQueue<WalletEvent>()
                val thrown = CountDownLatch(1)
                wallet.addListener(Runnable::run) {
                    thrown.countDown()
                    error("a bug of the game")
                }
                val listening = wallet.addListener(Runnable::run) { told += it }
                wallet.buy("hint").join()
                assertIs<WalletEvent.Purchased>(told.poll(10, TimeUnit.SECONDS))
                assertTrue(thrown.await(10, TimeUnit.SECONDS))
                listening.close()
                wallet.buy("hint").join()
                assertEquals(2, wallet.inventory().join()["hint"])
                assertTrue(told.filterIsInstance<WalletEvent.Purchased>().isEmpty())
            }
        }
}
