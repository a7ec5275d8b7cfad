package dev.farthing.android

import dev.farthing.Wallet

/**
 * The app's `Application` implements it, so that [WalletSyncJob] finds the wallet when Android
 * starts the process for it.
 *
 * ```kotlin
 * class GameApplication : Application(), WalletOwner {
 *     private val opening = Mutex()
 *     private var wallet: Wallet? = null
 *
 *     override suspend fun wallet(): Wallet =
 *         opening.withLock {
 *             wallet ?: AndroidWallet.open(this, "https://pay.example", "pk_live_…").also { wallet = it }
 *         }
 * }
 * ```
 */
public interface WalletOwner {
    /**
     * The wallet, opened if it is not: the same one for each caller, since a wallet is open only
     * once. Called on a background thread. What it throws ends the job like a failed sync.
     */
    public suspend fun wallet(): Wallet
}
