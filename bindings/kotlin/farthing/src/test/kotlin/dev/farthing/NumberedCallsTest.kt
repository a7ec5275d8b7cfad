package dev.farthing

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

/** What crosses in numbers is what crosses in words. */
class NumberedCallsTest {
    @Test
    fun `what was bought is what is listed`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }
            val bought =
                listOf(
                    wallet.buy("arrow"),
                    wallet.buy("arrow", quantity = 3),
                    wallet.buy("hint", idempotencyKey = "tap-1"),
                    wallet.buy("hint"),
                )
            assertEquals(bought.reversed(), wallet.purchases())
            assertEquals(usd("0.015"), bought[1].total)
            wallet.shutDown()
        }

    @Test
    fun `what can't be bought says why`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }
            repeat(2) {
                val unknown = assertFailsWith<WalletException.UnknownItem> { wallet.buy("no such item") }
                assertEquals("no such item", unknown.sku)
                val invalid = assertFailsWith<WalletException.InvalidArgument> { wallet.buy("arrow", quantity = 0) }
                assertEquals("quantity", invalid.field)
                assertFailsWith<WalletException.InvalidArgument> { wallet.buy("arrow", quantity = -1) }
                assertFailsWith<WalletException.InsufficientFunds> { wallet.buy("golden_key", quantity = 6) }
            }
            assertTrue(wallet.purchases().isEmpty())
            wallet.shutDown()
            assertFailsWith<WalletException.Closed> { wallet.buy("arrow") }
        }

    @Test
    fun `more items than have a number are bought all the same`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }
            repeat(1_001) { assertFailsWith<WalletException.UnknownItem> { wallet.buy("item_$it") } }
            assertEquals(listOf(wallet.buy("arrow")), wallet.purchases())
            wallet.shutDown()
        }

    @Test
    fun `each wallet of an app buys and counts for itself`() =
        onPhone {
            val rich = openWithMoney { syncsByItself = false }
            val keys = KeyStore.software(root.resolve("poor-keys.json"))
            val poor = Wallet.open(gateway.config(root.resolve("poor")) { syncsByItself = false }, keys)
            poor.sync()
            val (counting, idle) = rich.meter("api_calls") to poor.meter("api_calls")
            rich.buy("arrow")
            counting.record(7)
            assertTrue(counting.tryRecord(3))
            assertFailsWith<WalletException.InsufficientFunds> { poor.buy("arrow") }
            assertFalse(idle.tryRecord(7))
            assertEquals(usd("4.994"), rich.balance.value["USD"].total)
            rich.shutDown()
            assertFalse(counting.tryRecord())
            assertFailsWith<WalletException.Closed> { counting.record() }
            poor.shutDown()
        }
}
