package dev.farthing

import dev.farthing.ffi.NumberedCalls
import dev.farthing.ffi.Meter as CoreMeter

/**
 * Counts the use of one metered item. Get it by [Wallet.meter], keep it and share it: it may be used
 * from any thread.
 *
 * ```kotlin
 * val calls = wallet.meter("api_calls")
 * calls.record() // in memory; many units are one purchase later
 * ```
 *
 * What is counted is spent at once in [Wallet.balance]. It is written down when as many units are in
 * memory as [MeterTerms.flushAfterUnits] says, after [MeterTerms.flushAfter], at a sync and when the
 * wallet closes. A kill loses what is in memory, in the player's favour.
 */
public class Meter internal constructor(
    private val core: CoreMeter,
) {
    private val number by lazy { core.number().toLong() }

    /**
     * Counts [units] that were used, or says why they may not be. It needs no network, and nearly
     * every call is done at once; one that finds as many units in memory as may be there waits
     * until they are on disk.
     *
     * @param units 1 to 1,000,000,000.
     * @throws WalletException Nothing is counted then: [WalletException.UsageCapReached], those of
     * [Wallet.buy] but for [WalletException.AlreadyOwned] and
     * [WalletException.ApprovalRequired], and [WalletException.InvalidArgument] for
     * an item that is not metered.
     */
    public suspend fun record(units: Int = 1) {
        if (!tryRecord(units)) callingCore { core.record(units.toUInt()) }
    }

    /**
     * Counts [units] in memory if that can be done at once. Where it is `false` nothing is counted,
     * and [record] does it or says why not.
     */
    public fun tryRecord(units: Int = 1): Boolean = NumberedCalls.record(number, units)

    /**
     * Writes down what was counted, now: before the app may be killed, such as in the background.
     *
     * @throws WalletException It is still counted then, and written later:
     * [WalletException.SyncRequired], [WalletException.StorageFull],
     * [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun flush(): Unit = callingCore { core.flush() }
}
