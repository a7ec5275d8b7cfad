package dev.farthing.android

import android.app.Application
import android.app.job.JobInfo
import android.app.job.JobScheduler
import android.content.Context
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertSame
import kotlin.test.assertTrue

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], manifest = Config.NONE)
class WalletSyncTest {
    private val application: Application = RuntimeEnvironment.getApplication()
    private val scheduler = application.getSystemService(Context.JOB_SCHEDULER_SERVICE) as JobScheduler

    @Test
    fun `the job waits for a network, survives a restart of the phone and backs off`() {
        assertTrue(WalletSync.schedule(application))
        val job = scheduler.allPendingJobs.single()
        assertEquals(WalletSync.JOB_ID, job.id)
        assertEquals(WalletSyncJob::class.java.name, job.service.className)
        assertEquals(application.packageName, job.service.packageName)
        @Suppress("DEPRECATION")
        assertEquals(JobInfo.NETWORK_TYPE_ANY, job.networkType)
        assertTrue(job.isPersisted)
        assertEquals(JobInfo.BACKOFF_POLICY_EXPONENTIAL, job.backoffPolicy)
        assertEquals(30_000, job.initialBackoffMillis)
        assertEquals(60_000, job.minLatencyMillis)
    }

    @Test
    fun `asked for many times, there is one job, and it is not begun anew`() {
        WalletSync.schedule(application)
        val first = scheduler.allPendingJobs.single()
        repeat(100) { assertTrue(WalletSync.schedule(application)) }
        assertSame(first, scheduler.allPendingJobs.single())
    }

    @Test
    fun `a cancelled job is gone, and can be asked for again`() {
        WalletSync.schedule(application)
        WalletSync.cancel(application)
        assertNull(scheduler.getPendingJob(WalletSync.JOB_ID))
        WalletSync.cancel(application)
        assertTrue(WalletSync.schedule(application))
        assertEquals(1, scheduler.allPendingJobs.size)
    }

    @Test
    fun `other jobs of the app are left alone`() {
        val own = JobInfo.Builder(1, android.content.ComponentName(application, "own")).setOverrideDeadline(1).build()
        scheduler.schedule(own)
        WalletSync.schedule(application)
        WalletSync.cancel(application)
        assertEquals(listOf(1), scheduler.allPendingJobs.map { it.id })
    }
}
