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
    fun `where no gateway is, the wallet opens and says what is missing`() =
        onPhone {
            gateway.stop()
            val wallet = open()
            val offline = assertFailsWith<WalletException.Offline> { wallet.sync() }
            assertTrue(offline.isTransient)
            assertContains(checkNotNull(offline.message), "nothing is lost")
            assertFailsWith<WalletException.NotEnrolled> { wallet.buy("hint") }
            assertFailsWith<WalletException.CatalogMissing> { wallet.catalog() }
            wallet.shutDown()
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
    fun `cards say what is wrong with them`() =
        onPhone {
            val wallet = open()
            wallet.sync()
            assertEquals(
                "number",
                assertFailsWith<WalletException.CardInvalid> { wallet.addCard(card("4242 4242 4242 4241")) }.field,
            )
            val wrap = CardDetails("4242 4242 4242 4242", expiryMonth = 257, expiryYear = 2034, cvc = "123")
            assertEquals(
                "expiry_month",
                assertFailsWith<WalletException.CardInvalid> { wallet.addCard(wrap) }.field,
            )
            assertTrue("4242" !in wrap.toString())
            val declined = wallet.addCard(card("4000 0000 0000 9995"))
            val error = assertFailsWith<WalletException.CardDeclined> { wallet.topUp(usd("5.00"), declined.id) }
            assertEquals(DeclineCode.INSUFFICIENT_FUNDS, error.code)
            assertEquals("amount", invalid { wallet.topUp(usd("5.001"), declined.id) })
            assertEquals("card", invalid { wallet.topUp(usd("5.00"), "no card") })
            assertTrue(wallet.balance.value["USD"].total.isZero)
            wallet.shutDown()
        }

    @Test
    fun `purchases say what is wrong with them and change nothing`() =
        onPhone {
            val wallet = openWithMoney()
            assertEquals("extra_lives", assertFailsWith<WalletException.UnknownItem> { wallet.buy("extra_lives") }.sku)
            assertEquals("quantity", invalid { wallet.buy("hint", quantity = 0) })
            assertEquals("idempotency_key", invalid { wallet.buy("hint", idempotencyKey = "a tap") })
            assertEquals("quantity", invalid { wallet.buy("hint", quantity = -1) })
            val funds = assertFailsWith<WalletException.InsufficientFunds> { wallet.buy("hint", quantity = 101) }
            assertEquals(usd("5.00") to usd("5.05"), funds.available to funds.needed)
            assertFailsWith<WalletException.InsufficientItems> { wallet.consume("hint", operation = "a") }
            wallet.buy("lantern")
            assertFailsWith<WalletException.AlreadyOwned> { wallet.buy("lantern") }
            assertEquals(usd("3.51"), wallet.balance.value["USD"].total)
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
    fun `a wallet whose keys are gone is set aside, and a new one begins`() =
        onPhone {
            openWithMoney().shutDown()
            File(root, "keys.json").delete()
            val otherKeys = KeyStore.software(File(root, "keys.json"))
            val lost =
                assertFailsWith<WalletException.KeyLost> { Wallet.open(gateway.config(folder), otherKeys) }
            assertContains(checkNotNull(lost.message), "start over")
            Wallet.startOver(folder, otherKeys)
            val wallet = Wallet.open(gateway.config(folder), otherKeys)
            wallet.sync()
            assertTrue(wallet.balance.value["USD"].total.isZero)
            assertTrue(File(folder, "wallet.db.1").exists())
            wallet.shutDown()
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
