package dev.farthing.android

import android.app.job.JobParameters
import android.app.job.JobService
import android.util.Log
import dev.farthing.KeyStoreException
import dev.farthing.SyncReport
import dev.farthing.WalletException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch

/** The job that [WalletSync] schedules. Android starts it; apps have nothing to do with it. */
public class WalletSyncJob : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** The sync that goes on, or the last one. */
    internal var run: Job? = null
        private set

    override fun onStartJob(params: JobParameters): Boolean {
        val owner = application as? WalletOwner
        if (owner == null) {
            Log.e(
                LOG_TAG,
                "${application.javaClass.name} is no WalletOwner, so the wallet can't sync in the background; " +
                    "let your Application implement it",
            )
            return false
        }
        run =
            scope.launch {
                val again = isNeededAgain { owner.wallet().sync() }
                // Android has no ear for the end of a job that it has stopped.
                ensureActive()
                jobFinished(params, again)
            }
        return true
    }

    /** The network went, or the time is up. What was sent stays valid, and the rest is sent next time. */
    override fun onStopJob(params: JobParameters): Boolean {
        run?.cancel()
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }
}

/** Syncs, and says whether the job has to come again. */
internal suspend fun isNeededAgain(sync: suspend () -> SyncReport): Boolean =
    try {
        sync().waiting > 0
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (failure: WalletException) {
        val again = failure.isTransient
        Log.w(LOG_TAG, "background sync failed${if (again) ", to be tried again" else ""}: ${failure.message}")
        again
    } catch (failure: KeyStoreException) {
        Log.w(LOG_TAG, "background sync failed: ${failure.message}")
        failure is KeyStoreException.Unavailable
    } catch (
        // The app's own code opens the wallet. A job is no place to crash it for that.
        @Suppress("TooGenericExceptionCaught") failure: Exception,
    ) {
        Log.e(LOG_TAG, "the WalletOwner did not give the wallet to the background sync", failure)
        false
    }
