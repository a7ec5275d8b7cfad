package dev.farthing.android

import android.content.Context
import dev.farthing.KeyStoreException
import dev.farthing.Wallet
import dev.farthing.WalletConfig
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File

/**
 * Opens a wallet as an Android app wants it: its data where backups don't reach, its keys in the
 * phone's hardware, woken by the network, and synced in the background.
 *
 * ```kotlin
 * val wallet = AndroidWallet.open(context, "https://pay.example", "pk_live_…") {
 *     rootKey = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
 * }
 * ```
 *
 * Let your `Application` keep it, as a [WalletOwner].
 */
public object AndroidWallet {
    /**
     * Opens the app's wallet, or begins a new one. No network is needed. It may be called on the
     * main thread, which it does not block. Closing the wallet also ends the listening to networks.
     *
     * @param context Any; only its application's is kept.
     * @param gateway The gateway's address.
     * @param publishableKey The app's `pk_…` key.
     * @param configure Sets what differs from the defaults.
     * @throws KeyStoreException.Unavailable before the phone was unlocked for the first time since it
     * started (direct boot): the wallet's files can't be read yet. Nothing was touched; open it when
     * `ACTION_USER_UNLOCKED` comes.
     * @throws WalletException as [Wallet.open] does. When the keys are lost, [startOver] is the way back.
     */
    @JvmSynthetic
    public suspend fun open(
        context: Context,
        gateway: String,
        publishableKey: String,
        configure: WalletConfig.Builder.() -> Unit = {},
    ): Wallet =
        withContext(Dispatchers.IO) {
            val application = context.applicationContext
            requireUnlocked(application)
            val config = WalletConfig(gateway, publishableKey, folder(application), configure)
            val wallet = Wallet.open(config, AndroidKeyStore(application))
            keepSynced(application, wallet)
            wallet
        }

    /**
     * Sets aside a wallet whose keys are lost or whose data is damaged, so that [open] begins a new
     * one and enrols it. The old database is kept beside the new one; its keys are deleted.
     *
     * What was not settled is lost to the player, and the new wallet can't reach the old balance:
     * the operator finds both at the gateway. So ask the player first.
     *
     * @throws KeyStoreException.Unavailable before the first unlock, as [open] does.
     * @throws WalletException.AlreadyOpen when the wallet is open; close it first.
     * @throws WalletException when files or keys can't be moved or deleted; call it again then.
     */
    @JvmSynthetic
    public suspend fun startOver(context: Context): Unit =
        withContext(Dispatchers.IO) {
            val application = context.applicationContext
            requireUnlocked(application)
            Wallet.startOver(folder(application), AndroidKeyStore(application))
            WalletSync.cancel(application)
        }

    private fun requireUnlocked(application: Context) {
        if (application.isUnlocked()) return
        throw KeyStoreException.Unavailable("the phone was not unlocked since it started; open the wallet after that")
    }

    private fun folder(application: Context) = File(application.noBackupFilesDir, "farthing")

    private fun keepSynced(
        application: Context,
        wallet: Wallet,
    ) {
        val connectivity = WalletConnectivity(application, wallet)
        CoroutineScope(SupervisorJob() + Dispatchers.Default)
            .launch {
                // Of many purchases in a row, one asks for the job.
                wallet.events
                    .filterIsInstance<WalletEvent.Purchased>()
                    .conflate()
                    .collect { WalletSync.schedule(application) }
            }.invokeOnCompletion { connectivity.close() }
        WalletSync.schedule(application)
    }
}
