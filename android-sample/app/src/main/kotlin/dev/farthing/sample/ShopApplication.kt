package dev.farthing.sample

import android.app.Application
import android.os.Process
import dev.farthing.Wallet
import dev.farthing.android.AndroidWallet
import dev.farthing.android.WalletOwner
import dev.farthing.sample.packs.PackStore
import dev.farthing.sample.packs.StandInPackStore
import dev.farthing.sample.wallet.ShopSettings
import dev.farthing.sample.wallet.ShopSettingsStore
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import java.time.Instant

/** The shop's process: it owns the one wallet, which outlives every Activity. */
open class ShopApplication :
    Application(),
    WalletOwner {
    /** The wallet, and what the screens show of it. */
    val session: WalletSession by lazy {
        WalletSession(
            scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate),
            store = ShopSettingsStore(getSharedPreferences("shop", MODE_PRIVATE)),
            open = ::openWallet,
            startOver = ::startOver,
        )
    }

    /** What the player is told at the bottom of the screen. */
    val noticeBoard: NoticeBoard = NoticeBoard()

    /** Opens the wallet: keys in the phone's hardware, sync by its job scheduler. */
    protected open suspend fun openWallet(settings: ShopSettings): Wallet =
        AndroidWallet.open(this, settings.gateway, settings.publishableKey) {
            rootKey = settings.rootKey.ifBlank { null }
            enrolmentToken = settings.enrolmentToken.ifBlank { null }
            clock = settings.clock
        }

    /** Sets aside a wallet that can't be opened any more. */
    protected open suspend fun startOver() {
        AndroidWallet.startOver(this)
    }

    /** Where packs of balance are sold, if anywhere. A game returns Google Play here. */
    open fun packStore(settings: ShopSettings): PackStore? =
        if (settings.stores.isBlank()) null else StandInPackStore(settings.stores)

    override suspend fun wallet(): Wallet = session.wallet()

    /** Ends the process at once, as Android does when it needs the memory. */
    open fun kill() {
        Process.killProcess(Process.myPid())
    }

    /** The time that is shown for a moment; a test of the screens fixes it. */
    open fun shownTime(moment: Instant): Instant = moment
}
