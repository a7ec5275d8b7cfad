package dev.farthing.sample.wallet

import android.content.SharedPreferences
import androidx.core.content.edit
import java.time.Clock
import java.time.Duration

/**
 * Which gateway the shop talks to, and by what time. A shipped game has these as constants; here QA
 * changes them in the drawer, or with `adb shell am start … --es publishable_key pk_test_…`.
 *
 * @property gateway Its address. From an emulator, `10.0.2.2` is the computer that the emulator runs on.
 * @property publishableKey The app's key, as the gateway prints it at its start.
 * @property rootKey The thumbprint of the gateway's root key, or empty to trust the first gateway that answers.
 * @property enrolmentToken Whose a new wallet is: an unused token of the game's back end, or empty for nobody's in
 * particular.
 * @property enrolledDevice The name of the wallet that has its player, or empty. A backup brings the settings to another phone,
 * and never the wallet.
 * @property stores Where a stand-in for the store is, or empty where there is none.
 * @property clockSkewHours How far the wallet's clock is from the phone's.
 */
data class ShopSettings(
    val gateway: String = DEFAULT_GATEWAY,
    val publishableKey: String = "",
    val rootKey: String = "",
    val enrolmentToken: String = "",
    val enrolledDevice: String = "",
    val stores: String = DEFAULT_STORES,
    val clockSkewHours: Int = 0,
) {
    /** Whether there is enough to open a wallet with. */
    val isComplete: Boolean get() = gateway.isNotBlank() && publishableKey.isNotBlank()

    /** Whether the wallet has its player, so that a token is for the next one. */
    val hasEnrolled: Boolean get() = enrolledDevice.isNotEmpty()

    /** The time that the wallet goes by. */
    val clock: Clock get() = Clock.offset(Clock.systemUTC(), Duration.ofHours(clockSkewHours.toLong()))

    companion object {
        /** The computer that runs the emulator, at the port of `cargo xtask demo --serve`. */
        const val DEFAULT_GATEWAY = "http://10.0.2.2:8470"

        /** The same computer, where the stand-ins for app stores are. */
        const val DEFAULT_STORES = "http://10.0.2.2:8471"
    }
}

/** Keeps the [ShopSettings] over restarts. */
class ShopSettingsStore(
    private val preferences: SharedPreferences,
) {
    /** The settings as they were saved last. */
    fun load(): ShopSettings =
        ShopSettings(
            gateway = preferences.getString(GATEWAY, null) ?: ShopSettings.DEFAULT_GATEWAY,
            publishableKey = preferences.getString(PUBLISHABLE_KEY, null).orEmpty(),
            rootKey = preferences.getString(ROOT_KEY, null).orEmpty(),
            enrolmentToken = preferences.getString(ENROLMENT_TOKEN, null).orEmpty(),
            enrolledDevice = preferences.getString(ENROLLED_DEVICE, null).orEmpty(),
            stores = preferences.getString(STORES, null) ?: ShopSettings.DEFAULT_STORES,
            clockSkewHours = preferences.getInt(CLOCK_SKEW_HOURS, 0),
        )

    /** Saves the settings; they are on disk when it returns, since QA may kill the app at once. */
    fun save(settings: ShopSettings) {
        preferences.edit(commit = true) {
            putString(GATEWAY, settings.gateway)
            putString(PUBLISHABLE_KEY, settings.publishableKey)
            putString(ROOT_KEY, settings.rootKey)
            putString(ENROLMENT_TOKEN, settings.enrolmentToken)
            putString(ENROLLED_DEVICE, settings.enrolledDevice)
            putString(STORES, settings.stores)
            putInt(CLOCK_SKEW_HOURS, settings.clockSkewHours)
        }
    }

    private companion object {
        const val GATEWAY = "gateway"
        const val PUBLISHABLE_KEY = "publishable_key"
        const val ROOT_KEY = "root_key"
        const val ENROLMENT_TOKEN = "enrolment_token"
        const val ENROLLED_DEVICE = "enrolled_device"
        const val STORES = "stores"
        const val CLOCK_SKEW_HOURS = "clock_skew_hours"
    }
}
