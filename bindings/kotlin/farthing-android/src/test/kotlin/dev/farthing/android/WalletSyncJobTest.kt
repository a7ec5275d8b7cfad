package dev.farthing.android

import android.app.Application
import android.app.job.JobParameters
import dev.farthing.CardDetails
import dev.farthing.GatewayProcess
import dev.farthing.KeyStore
import dev.farthing.Money
import dev.farthing.PurchaseState
import dev.farthing.Wallet
import dev.farthing.WalletConfig
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Rule
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowLog
import kotlin.test.Test
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/** An app whose wallet is what a test wants it to be. */
class OwnerApplication :
    Application(),
    WalletOwner {
    var open: suspend () -> Wallet = { error("the test has set no wallet") }

    override suspend fun wallet(): Wallet = open()
}

/** The job, with real wallets and a real gateway. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], manifest = Config.NONE, application = OwnerApplication::class)
class WalletSyncJobTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val job = Robolectric.buildService(WalletSyncJob::class.java).create().get()
    private val parameters = Shadow.newInstanceOf(JobParameters::class.java)
    private val opened = mutableListOf<AutoCloseable>()

    @After
    fun close() = opened.reversed().forEach(AutoCloseable::close)

    @Test
    fun `what was bought offline is settled, and the job is over`() {
        val gateway = gateway()
        val wallet = wallet(gateway.address, gateway.publishableKey)
        val purchase =
            runBlocking {
                wallet.sync()
                val card = wallet.addCard(CardDetails("4242 4242 4242 4242", 12, 2040, "123"))
                wallet.topUp(Money("5", "USD"), card.id)
                wallet.sync()
                wallet.isOffline = true
                wallet.buy("extra_life").also { wallet.isOffline = false }
            }
        runJob(wallet)
        assertFalse(wantsToComeAgain())
        val settled = runBlocking { wallet.purchases().single { it.id == purchase.id } }
        assertIs<PurchaseState.Settled>(settled.state)
        assertTrue(wallet.balance.value["USD"].pending.isZero)
    }

    @Test
    fun `no gateway is a failure that passes, and the job comes again`() {
        val gateway = gateway()
        val wallet = wallet(gateway.address, gateway.publishableKey)
        gateway.close()
        runJob(wallet)
        assertTrue(wantsToComeAgain())
    }

    @Test
    fun `a key that the gateway does not accept stays wrong, and the job does not come again`() {
        val wallet = wallet(gateway().address, "pk_test_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        runJob(wallet)
        assertFalse(wantsToComeAgain())
    }

    @Test
    fun `a closed wallet does not bring the job back`() {
        val gateway = gateway()
        val wallet = wallet(gateway.address, gateway.publishableKey).also(Wallet::close)
        runJob(wallet)
        assertFalse(wantsToComeAgain())
    }

    @Test
    fun `a job that Android stops ends, says nothing more and comes again`() {
        val (asked, never) = List(2) { CompletableDeferred<Unit>() }
        owner().open = {
            asked.complete(Unit)
            never.await()
            error("not reached")
        }
        assertTrue(job.onStartJob(parameters))
        runBlocking { asked.await() }
        assertTrue(job.onStopJob(parameters))
        assertTrue(joined().isCancelled)
        assertFalse(shadowOf(job).isJobFinished)
    }

    @Test
    fun `a job that is destroyed leaves nothing running`() {
        val never = CompletableDeferred<Wallet>()
        owner().open = never::await
        assertTrue(job.onStartJob(parameters))
        job.onDestroy()
        assertTrue(joined().isCancelled)
    }

    @Test
    @Config(application = Application::class)
    fun `an app that is no WalletOwner is told what to do, and the job is over`() {
        assertFalse(job.onStartJob(parameters))
        val line = ShadowLog.getLogsForTag(LOG_TAG).single().msg
        assertTrue("android.app.Application is no WalletOwner" in line, line)
    }

    private fun owner() = RuntimeEnvironment.getApplication() as OwnerApplication

    private fun runJob(wallet: Wallet) {
        owner().open = { wallet }
        assertTrue(job.onStartJob(parameters))
        joined()
        assertTrue(shadowOf(job).isJobFinished)
    }

    /** The sync of the job, after its end. */
    private fun joined(): Job =
        assertNotNull(job.run).also { run -> runBlocking { withTimeout(30.seconds) { run.join() } } }

    private fun wantsToComeAgain() = shadowOf(job).isRescheduleNeeded

    private fun gateway() = GatewayProcess().also(opened::add)

    private fun wallet(
        address: String,
        publishableKey: String,
    ): Wallet {
        val config = WalletConfig(address, publishableKey, folder.newFolder()) { syncsByItself = false }
        val keys = KeyStore.software(folder.root.resolve("keys"))
        return runBlocking { Wallet.open(config, keys) }.also(opened::add)
    }
}
