package dev.farthing.android

import android.app.Activity
import android.app.Application
import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Bundle
import android.util.Log
import dev.farthing.Balance
import dev.farthing.SyncState
import dev.farthing.Wallet
import dev.farthing.WalletException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Wakes a wallet's sync when the phone gets a network with internet behind it, and when the app
 * comes to the foreground. Without it the wallet notices by itself too, but only when its next try
 * is due, up to five minutes later.
 *
 * It syncs only when something waits for settlement, the last sync failed or there never was one,
 * and a second after the network came: phones often take two in a row.
 *
 * [AndroidWallet.open] makes one; only apps that open their wallet by themselves do so here. Once
 * the wallet is closed it is of no more use: [close] it too.
 *
 * Threads: it may be made and closed on any thread, and blocks none.
 *
 * @param context Any; only its application's is kept.
 * @param wallet Whose sync is to be woken.
 */
public class WalletConnectivity(
    context: Context,
    private val wallet: Wallet,
) : AutoCloseable {
    private val application = context.applicationContext as Application
    private val connectivity = application.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val wakes = Channel<Unit>(Channel.CONFLATED)
    private val isOpen = AtomicBoolean(true)

    private val onNetwork =
        object : ConnectivityManager.NetworkCallback() {
            override fun onAvailable(network: Network) = wake()
        }
    private val hearsNetworks = hearNetworks()

    private val onForeground =
        object : Application.ActivityLifecycleCallbacks {
            override fun onActivityStarted(activity: Activity) = wake()

            override fun onActivityCreated(
                activity: Activity,
                state: Bundle?,
            ) = Unit

            override fun onActivityResumed(activity: Activity) = Unit

            override fun onActivityPaused(activity: Activity) = Unit

            override fun onActivityStopped(activity: Activity) = Unit

            override fun onActivitySaveInstanceState(
                activity: Activity,
                state: Bundle,
            ) = Unit

            override fun onActivityDestroyed(activity: Activity) = Unit
        }

    init {
        application.registerActivityLifecycleCallbacks(onForeground)
        scope.launch {
            for (wake in wakes) {
                delay(SETTLING_MILLIS)
                // What came meanwhile is answered by the same sync.
                wakes.tryReceive()
                if (!wallet.isOffline && needsSync(wallet.balance.value, wallet.syncState.value)) sync()
            }
        }
    }

    /** Stops listening. Calling it twice is fine. The wallet stays open. */
    override fun close() {
        if (!isOpen.compareAndSet(true, false)) return
        if (hearsNetworks) connectivity.unregisterNetworkCallback(onNetwork)
        application.unregisterActivityLifecycleCallbacks(onForeground)
        scope.cancel()
    }

    private fun wake() {
        wakes.trySend(Unit)
    }

    private suspend fun sync() {
        try {
            wallet.sync()
        } catch (_: WalletException.Closed) {
            close()
        } catch (failure: WalletException) {
            // The wallet's state tells the app, and its back-off or the next wake goes on from here.
            Log.i(LOG_TAG, "sync on wake-up failed: ${failure.message}")
        }
    }

    /** Some phones with Android 11 throw here for no reason. The wallet does without. */
    private fun hearNetworks(): Boolean =
        try {
            val request =
                NetworkRequest
                    .Builder()
                    .addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
                    .addCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED)
                    .build()
            connectivity.registerNetworkCallback(request, onNetwork)
            true
        } catch (failure: SecurityException) {
            Log.w(LOG_TAG, "Android does not tell of networks; the wallet tries by itself", failure)
            false
        }

    private companion object {
        const val SETTLING_MILLIS = 1_000L
    }
}

/** Whether a sync has something to do that isn't being done. */
internal fun needsSync(
    balance: Balance,
    state: SyncState,
): Boolean =
    when (state) {
        is SyncState.Waiting -> true
        is SyncState.Running, is SyncState.Stopped -> false
        is SyncState.Idle -> balance.asOf == null || balance.currencies.any { !it.pending.isZero }
    }
