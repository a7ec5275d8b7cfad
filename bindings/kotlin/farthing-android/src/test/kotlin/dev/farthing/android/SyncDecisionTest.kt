package dev.farthing.android

import android.app.Application
import dev.farthing.Balance
import dev.farthing.CurrencyBalance
import dev.farthing.KeyStoreException
import dev.farthing.Money
import dev.farthing.SyncReport
import dev.farthing.SyncState
import dev.farthing.WalletException
import dev.farthing.ffi.FailureReason
import dev.farthing.ffi.WalletFailure
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.test.runTest
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog
import java.time.Duration
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], manifest = Config.NONE, application = Application::class)
class SyncDecisionTest {
    @Test
    fun `the job comes again for what waits and for failures that pass, and for nothing else`() =
        runTest {
            assertFalse(isNeededAgain { report(waiting = 0) })
            assertTrue(isNeededAgain { report(waiting = 3) })
            val failures = WalletException::class.sealedClasses()
            assertTrue(failures.size > 40)
            for (failure in failures) assertEquals(failure.isTransient, isNeededAgain { throw failure }, "$failure")
            assertTrue(isNeededAgain { throw KeyStoreException.Unavailable("locked") })
            assertFalse(isNeededAgain { throw KeyStoreException.KeyLost() })
        }

    @Test
    fun `a mistake in the app's own code does not crash the job, does not repeat it, and is logged`() =
        runTest {
            assertFalse(isNeededAgain { error("the app forgot something") })
            val line = ShadowLog.getLogsForTag(LOG_TAG).last()
            assertEquals("the app forgot something", line.throwable.message)
        }

    @Test
    fun `a job that is cancelled decides nothing`() =
        runTest {
            assertFailsWith<CancellationException> { isNeededAgain { throw CancellationException("stopped") } }
        }

    @Test
    fun `a new network wakes sync only for something to do`() {
        val spent = balance(pending = "0.25")
        val settled = balance(pending = "0")
        val failed = SyncState.Waiting(Duration.ofMinutes(5), 3, WalletException.Offline::class.java.make())
        val stopped = SyncState.Stopped(WalletException.UpgradeRequired::class.java.make())
        assertTrue(needsSync(spent, SyncState.Idle))
        assertFalse(needsSync(settled, SyncState.Idle))
        assertTrue(needsSync(Balance(emptyList(), asOf = null), SyncState.Idle))
        assertTrue(needsSync(settled, failed))
        assertFalse(needsSync(spent, SyncState.Running))
        assertFalse(needsSync(spent, stopped))
    }

    private fun report(waiting: Long) = SyncReport(settled = 1, rejected = 0, waiting, balance(pending = "0"))

    private fun balance(pending: String) =
        Money("5", "USD").let {
            Balance(listOf(CurrencyBalance(it, it, Money(pending, "USD"))), asOf = Instant.EPOCH)
        }

    /** Two of each, one of which passes; only the wallet makes them, so their constructors are not to be seen from here. */
    private fun kotlin.reflect.KClass<WalletException>.sealedClasses(): List<WalletException> =
        java.declaredClasses.filter { WalletException::class.java.isAssignableFrom(it) }.flatMap {
            @Suppress("UNCHECKED_CAST")
            val failure = it as Class<out WalletException>
            listOf(failure.make(isTransient = true), failure.make(isTransient = false))
        }

    private fun <T : WalletException> Class<T>.make(isTransient: Boolean = false): T {
        val constructor = declaredConstructors.single { !it.isSynthetic }
        val arguments =
            constructor.parameterTypes.map { type ->
                when (type) {
                    WalletFailure::class.java -> WalletFailure("text", isTransient, FailureReason.Internal)
                    String::class.java -> "text"
                    Long::class.javaPrimitiveType -> 1L
                    Boolean::class.javaPrimitiveType -> true
                    Money::class.java -> Money("1", "USD")
                    Instant::class.java -> Instant.EPOCH
                    else -> if (type.isEnum) type.enumConstants.first() else null
                }
            }
        return cast(constructor.newInstance(*arguments.toTypedArray()))
    }
}
