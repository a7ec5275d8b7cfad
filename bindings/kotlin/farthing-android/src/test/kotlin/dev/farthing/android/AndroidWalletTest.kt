package dev.farthing.android

import android.app.Activity
import android.app.Application
import android.app.job.JobScheduler
import android.content.Context
import android.net.ConnectivityManager
import android.os.UserManager
import dev.farthing.CardDetails
import dev.farthing.GatewayProcess
import dev.farthing.KeyStoreException
import dev.farthing.Money
import dev.farthing.Wallet
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.After
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowNetwork
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/** The whole layer: the wallet is real, and so is its gateway. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], manifest = Config.NONE)
class AndroidWalletTest {
    private val application: Application = RuntimeEnvironment.getApplication()
    private val jobs = application.getSystemService(Context.JOB_SCHEDULER_SERVICE) as JobScheduler
    private val networks =
        shadowOf(application.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager)
    private lateinit var keystore: FakeAndroidKeystore
    private val gateway = GatewayProcess()

    @Before
    fun install() {
        keystore = FakeAndroidKeystore.install()
    }

    @After
    fun uninstall() {
        FakeAndroidKeystore.uninstall()
        gateway.close()
    }

    @Test
    fun `opening does not block its thread, and asks Android for a job and for news of networks`() =
        withWallet { opening ->
            assertFalse(opening.isCompleted)
            opening.await()
            assertEquals(WalletSync.JOB_ID, jobs.allPendingJobs.single().id)
            assertEquals(1, networks.networkCallbacks.size)
        }

    @Test
    fun `all that is written lies where the backup rules say`() =
        withWallet { opening ->
            val wallet = opening.await()
            wallet.fund()
            wallet.buy("extra_life")
            val written = application.dataDir.walk().filter { it.isFile && it.length() > 0 }.toList()
            assertTrue(written.any { it.name == "wallet.db" })
            for (file in written) {
                assertEquals(
                    "no_backup",
                    file.relativeTo(application.dataDir).invariantSeparatorsPath.substringBefore('/'),
                )
            }
        }

    @Test
    fun `the same wallet is there after a restart, with the key in the Keystore`() {
        withWallet { it.await().fund() }
        val made = keystore.generated
        withWallet { opening ->
            val wallet = opening.await()
            assertEquals(Money("5", "USD"), wallet.balance.value["USD"].total)
            wallet.buy("extra_life")
            val report = wallet.sync()
            assertEquals(0, report.waiting)
        }
        assertEquals(2, made)
        assertEquals(2, keystore.generated)
    }

    @Test
    fun `a purchase asks for the job again`() =
        withWallet { opening ->
            val wallet = opening.await()
            wallet.fund()
            WalletSync.cancel(application)
            val purchased = async(start = CoroutineStart.UNDISPATCHED) { wallet.nextPurchase() }
            wallet.buy("extra_life")
            purchased.await()
            eventually { jobs.getPendingJob(WalletSync.JOB_ID) != null }
        }

    @Test
    fun `a network that comes back settles what waits`() =
        withWallet(syncsByItself = false) { opening ->
            val wallet = opening.await()
            wallet.fund()
            wallet.buy("extra_life")
            assertEquals(Money("0.25", "USD"), wallet.balance.value["USD"].pending)
            networks.networkCallbacks.single().onAvailable(ShadowNetwork.newInstance(1))
            wallet.settled()
        }

    @Test
    fun `the app that comes to the foreground settles what waits`() =
        withWallet(syncsByItself = false) { opening ->
            val wallet = opening.await()
            wallet.fund()
            wallet.buy("extra_life")
            Robolectric.buildActivity(Activity::class.java).create().start()
            wallet.settled()
        }

    @Test
    fun `a wallet that was closed is let go`() {
        withWallet { it.await() }
        runBlocking { eventually { networks.networkCallbacks.isEmpty() } }
    }

    @Test
    fun `before the first unlock it does not open, touches nothing and opens later`() {
        val user = shadowOf(application.getSystemService(Context.USER_SERVICE) as UserManager)
        user.setUserUnlocked(false)
        withWallet { opening ->
            val failure = assertFailsWith<KeyStoreException.Unavailable> { opening.await() }
            assertTrue("not unlocked" in failure.message.orEmpty(), failure.message)
            assertFalse(File(application.dataDir, "no_backup/farthing").exists())
            assertTrue(jobs.allPendingJobs.isEmpty())
        }
        user.setUserUnlocked(true)
        withWallet { it.await() }
    }

    @Test
    fun `after the keys were lost the wallet says so, and starting over makes a new one`() {
        withWallet { it.await().fund() }
        keystore.forget("farthing.wrapping")
        withWallet { opening -> assertFailsWith<WalletException.KeyLost> { opening.await() } }
        runBlocking { AndroidWallet.startOver(application) }
        withWallet { opening ->
            val wallet = opening.await()
            assertTrue(wallet.balance.value["USD"].total.isZero)
            wallet.fund()
            assertEquals(Money("5", "USD"), wallet.balance.value["USD"].total)
        }
    }

    @Test
    fun `a signing key that was lost is said by sync, and what was bought stays`() {
        withWallet(syncsByItself = false) { opening ->
            val wallet = opening.await()
            wallet.fund()
            wallet.buy("extra_life")
        }
        keystore.forget("farthing.signing")
        withWallet(syncsByItself = false) { opening ->
            val wallet = opening.await()
            assertEquals(1, wallet.inventory()["extra_life"])
            assertFailsWith<WalletException.KeyLost> { wallet.sync() }
            assertEquals(1, wallet.inventory()["extra_life"])
        }
    }

    /** Opens a wallet, and closes it after the test. */
    private fun withWallet(
        syncsByItself: Boolean = true,
        test: suspend CoroutineScope.(Deferred<Wallet>) -> Unit,
    ) = runBlocking {
        supervisorScope {
            val opening =
                async(start = CoroutineStart.UNDISPATCHED) {
                    AndroidWallet.open(application, gateway.address, gateway.publishableKey) {
                        this.syncsByItself = syncsByItself
                    }
                }
            try {
                test(opening)
            } finally {
                opening.join()
                if (!opening.isCancelled) opening.await().shutDown()
            }
        }
    }

    private suspend fun Wallet.fund() {
        sync()
        val card = addCard(CardDetails("4242 4242 4242 4242", 12, 2040, "123"))
        topUp(Money("5", "USD"), card.id)
        sync()
    }

    private suspend fun Wallet.nextPurchase() = events.filterIsInstance<WalletEvent.Purchased>().first()

    private suspend fun Wallet.settled() = withTimeout(30.seconds) { balance.first { it["USD"].pending.isZero } }

    /** For what Android's fakes don't tell of by themselves. */
    private suspend fun eventually(condition: () -> Boolean) = withTimeout(30.seconds) { while (!condition()) yield() }
}
