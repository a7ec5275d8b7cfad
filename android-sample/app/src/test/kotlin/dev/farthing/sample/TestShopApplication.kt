package dev.farthing.sample

import dev.farthing.KeyStore
import dev.farthing.Wallet
import dev.farthing.WalletConfig
import dev.farthing.sample.packs.PackStore
import dev.farthing.sample.wallet.ShopSettings
import java.io.File
import java.time.Instant

/** The shop with keys in a file, since Robolectric has no hardware for them, and with one time on every picture. */
class TestShopApplication : ShopApplication() {
    var wasKilled = false

    /** In place of the store that the settings name. */
    var otherStore: PackStore? = null
    val keys get() = File(noBackupFilesDir, "keys.json")

    override suspend fun openWallet(settings: ShopSettings): Wallet {
        val config =
            WalletConfig(settings.gateway, settings.publishableKey, File(noBackupFilesDir, "wallet")) {
                rootKey = settings.rootKey.ifBlank { null }
                enrolmentToken = settings.enrolmentToken.ifBlank { null }
                clock = settings.clock
            }
        return Wallet.open(config, KeyStore.software(keys))
    }

    override suspend fun startOver() = Wallet.startOver(File(noBackupFilesDir, "wallet"), KeyStore.software(keys))

    override fun packStore(settings: ShopSettings): PackStore? = otherStore ?: super.packStore(settings)

    override fun kill() {
        wasKilled = true
    }

    override fun shownTime(moment: Instant): Instant = Instant.parse("2026-11-24T18:30:00Z")
}
