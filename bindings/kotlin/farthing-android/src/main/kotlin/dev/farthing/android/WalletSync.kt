package dev.farthing.android

import android.app.job.JobInfo
import android.app.job.JobScheduler
import android.content.ComponentName
import android.content.Context
import android.util.Log

/**
 * Sync in the background, by Android's JobScheduler: what was bought offline settles once there is
 * a network, even when the app is not running or the phone was started anew.
 *
 * [AndroidWallet.open] schedules it; only apps that open their wallet by themselves call this. The
 * app's `Application` has to be a [WalletOwner]. All functions may be called from any thread.
 */
public object WalletSync {
    /** The job's id. An app's own jobs need other ones. */
    public const val JOB_ID: Int = 1_179_603_540

    /**
     * Asks for one sync as soon as there is a network, at the earliest in a minute: an open wallet
     * is faster by itself. A sync that fails for a time is tried again, after 30 seconds, then
     * twice as long each time. Where one is asked for already, nothing changes.
     *
     * @return Whether there is such a job now. Android refuses it to an app with too many jobs.
     */
    @JvmStatic
    public fun schedule(context: Context): Boolean {
        val scheduler = scheduler(context)
        if (scheduler.getPendingJob(JOB_ID) != null) return true
        val job =
            JobInfo
                .Builder(JOB_ID, ComponentName(context, WalletSyncJob::class.java))
                .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                .setMinimumLatency(HEAD_START_MILLIS)
                .setBackoffCriteria(BACK_OFF_MILLIS, JobInfo.BACKOFF_POLICY_EXPONENTIAL)
                .setPersisted(true)
                .build()
        val scheduled = scheduler.schedule(job) == JobScheduler.RESULT_SUCCESS
        if (!scheduled) Log.w(LOG_TAG, "Android did not take the sync job; sync goes on while the app runs")
        return scheduled
    }

    /** Ends a sync that runs in the background, and asks for no more of them. */
    @JvmStatic
    public fun cancel(context: Context): Unit = scheduler(context).cancel(JOB_ID)

    private fun scheduler(context: Context) = context.getSystemService(Context.JOB_SCHEDULER_SERVICE) as JobScheduler

    private const val HEAD_START_MILLIS = 60_000L
    private const val BACK_OFF_MILLIS = 30_000L
}

/** What the layer says to developers is found under this. */
internal const val LOG_TAG: String = "Farthing"
