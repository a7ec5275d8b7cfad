package dev.farthing

import app.cash.turbine.Event
import app.cash.turbine.test
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.yield
import java.io.File
import java.time.Clock
import java.time.Duration
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class BadDayTest {
    @Test
    fun `settings that can't be used are named`() =
        onPhone {
            suspend fun refused(config: WalletConfig) =
                assertFailsWith<WalletException.InvalidArgument> { Wallet.open(config, keys) }.field
            assertEquals("gateway", refused(WalletConfig("http://pay.example", "pk_test_1", folder)))
            assertEquals("gateway", refused(WalletConfig("nonsense", "pk_test_1", folder)))
            assertEquals("publishable_key", refused(WalletConfig(gateway.address, "", folder)))
            assertEquals("root_key", refused(WalletConfig(gateway.address, "pk_live_1", folder)))
        }

    @Test
    fun `another gateway's answers are not believed`() =
        onPhone {
            val wallet = open { rootKey = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0" }
            assertFailsWith<WalletException.GatewayNotTrusted> { wallet.sync() }
            wallet.shutDown()
        }

    @Test
    fun `a key that the gateway does not know enrols nobody`() =
        onPhone {
            val wallet = Wallet.open(WalletConfig(gateway.address, "pk_test_of_another_game", folder), keys)
            val rejected = assertFailsWith<WalletException.EnrolmentRejected> { wallet.sync() }
            assertTrue(!rejected.isTransient && rejected.reason.isNotEmpty())
            wallet.shutDown()
        }

    @Test
    fun `numbers that are none are refused like others, and card details are not shown`() =
        onPhone {
            val wallet = openWithMoney()
            for (quantity in listOf(-1, 0, 1_001, Int.MAX_VALUE, Int.MIN_VALUE)) {
                assertEquals("quantity", invalid { wallet.buy("hint", quantity) })
            }
            val wrap = CardDetails("4242 4242 4242 4242", expiryMonth = 257, expiryYear = 2034, cvc = "123")
            assertEquals("expiry_month", assertFailsWith<WalletException.CardInvalid> { wallet.addCard(wrap) }.field)
            assertTrue("4242" !in wrap.toString())
            wallet.shutDown()
        }

    @Test
    fun `a folder has one wallet at a time, and one that was closed says so`() =
        onPhone {
            val wallet = open()
            assertFailsWith<WalletException.AlreadyOpen> { open() }
            wallet.close()
            wallet.close()
            assertFailsWith<WalletException.Closed> { wallet.buy("hint") }
            wallet.events.test { awaitComplete() }
            open().close()
        }

    @Test
    fun `events end when the wallet is closed`() =
        onPhone {
            val wallet = open()
            wallet.events.test {
                wallet.shutDown()
                while (awaitEvent() !is Event.Complete) continue
            }
        }

    @Test
    fun `closing during purchases keeps each that was told of`() =
        onPhone {
            val wallet = openWithMoney()
            val told =
                coroutineScope {
                    val buying = List(50) { async(Dispatchers.Default) { runCatching { wallet.buy("hint") } } }
                    buying.first().await()
                    wallet.shutDown()
                    buying.awaitAll()
                }
            assertTrue(told.mapNotNull { it.exceptionOrNull() }.all { it is WalletException.Closed })
            val reopened = open()
            val kept = reopened.purchases().map { it.id }.toSet()
            assertTrue(kept.containsAll(told.mapNotNull { it.getOrNull()?.id }))
            reopened.shutDown()
        }

    @Test
    fun `a purchase whose coroutine is cancelled is made once or not at all`() =
        onPhone {
            val wallet = openWithMoney()
            coroutineScope {
                repeat(40) { number ->
                    val buying = launch(Dispatchers.Default) { wallet.buy("hint", idempotencyKey = "tap-$number") }
                    repeat(number % 5) { yield() }
                    buying.cancelAndJoin()
                }
            }
            repeat(40) { wallet.buy("hint", idempotencyKey = "tap-$it") }
            assertEquals(40, wallet.purchases().size)
            assertEquals(40, wallet.inventory()["hint"])
            wallet.shutDown()
        }

    @Test
    fun `a collector that throws ends only itself`() =
        onPhone {
            val wallet = openWithMoney()
            val thrown = mutableListOf<Throwable>()
            val game = CoroutineScope(SupervisorJob() + CoroutineExceptionHandler { _, error -> thrown += error })
            val failing = game.launch(Dispatchers.Unconfined) { wallet.events.collect { error("a bug of the game") } }
            wallet.events.test {
                wallet.buy("hint")
                failing.join()
                while (awaitItem() !is WalletEvent.Purchased) continue
                cancelAndIgnoreRemainingEvents()
            }
            assertEquals("a bug of the game", thrown.single().message)
            wallet.buy("hint")
            assertEquals(2, wallet.inventory()["hint"])
            wallet.shutDown()
        }

    @Test
    fun `a key store that fails, or throws what it should not, is told as unavailable`() =
        onPhone {
            val reasons =
                listOf(KeyStoreException.Unavailable("the phone is locked"), IllegalStateException("4242424242424242"))
                    .map { failure ->
                        assertFailsWith<WalletException.KeyStoreUnavailable> {
                            Wallet.open(gateway.config(folder), FailingKeyStore(keys, failure))
                        }.message.orEmpty()
                    }
            assertContains(reasons[0], "the phone is locked")
            assertTrue("4242" !in reasons[1], reasons[1])
            open().close()
        }

    @Test
    fun `a clock set ahead does not outlive the allowance, and one set back gains nothing`() =
        onPhone {
            openWithMoney().shutDown()
            gateway.stop()
            val ahead = open { clock = Clock.offset(Clock.systemUTC(), Duration.ofDays(400)) }
            assertFailsWith<WalletException> { ahead.buy("hint") }
            ahead.shutDown()
            val back = open { clock = Clock.offset(Clock.systemUTC(), Duration.ofDays(-3_650)) }
            assertTrue(back.buy("hint").purchasedAt > java.time.Instant.now().minus(Duration.ofDays(1)))
            back.shutDown()
        }

    @Test
    fun `a thousand purchases at once are all there, once`() =
        onPhone {
            val wallet = openWithMoney()
            val ids =
                supervisorScope {
                    List(1_000) { async(Dispatchers.Default) { wallet.buy("arrow").id } }.awaitAll()
                }
            assertEquals(1_000, ids.toSet().size)
            assertEquals(1_000, wallet.inventory()["arrow"])
            wallet.sync()
            assertTrue(wallet.balance.value["USD"].total.isZero)
            assertEquals(ids.toSet(), wallet.purchases(PurchaseFilter(limit = 2_000)).map { it.id }.toSet())
            wallet.shutDown()
        }

    private suspend fun invalid(call: suspend () -> Unit): String =
        assertFailsWith<WalletException.InvalidArgument> { call() }.field
}

private class FailingKeyStore(
    keys: KeyStore,
    private val failure: Exception,
) : KeyStore by keys {
    override suspend fun loadSecret(name: String): ByteArray? = throw failure
}
