package dev.farthing

import dev.farthing.ffi.WalletListener
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.onSubscription
import kotlinx.coroutines.flow.transformWhile
import dev.farthing.ffi.Wallet as CoreWallet
import dev.farthing.ffi.WalletEvent as CoreWalletEvent

/** What the core tells, as flows. Its functions are called from a thread of the core and never wait. */
internal class WalletNews : WalletListener {
    val balance = MutableStateFlow(Balance(currencies = emptyList(), asOf = null))
    val syncState = MutableStateFlow<SyncState>(SyncState.Idle)

    /** It ends with the wallet. */
    val events: Flow<WalletEvent>
        get() =
            told
                .onSubscription { if (hasEnded) emit(null) }
                .transformWhile { event ->
                    if (event != null) emit(event)
                    event != null
                }

    /** What was told; `null` is the end. */
    private val told =
        MutableSharedFlow<WalletEvent?>(extraBufferCapacity = EVENTS_MAX, onBufferOverflow = BufferOverflow.DROP_OLDEST)

    @Volatile private var hasEnded = false
    private var core: CoreWallet? = null

    /** Begins to tell of a wallet. */
    fun attach(core: CoreWallet) {
        synchronized(this) { this.core = core }
        onBalanceChanged()
        onSyncChanged()
    }

    /** Ends the flow of events: the wallet was closed. */
    fun end() {
        hasEnded = true
        told.tryEmit(null)
    }

    // What is read under the lock is never older than what was read before, whoever reads it.
    override fun onBalanceChanged() =
        synchronized(this) {
            core?.let { balance.value = it.balance().toPublic() }
            Unit
        }

    override fun onSyncChanged() =
        synchronized(this) {
            core?.let { syncState.value = it.syncState().toPublic() }
            Unit
        }

    override fun onEvent(event: CoreWalletEvent) {
        told.tryEmit(event.toPublic())
    }

    private companion object {
        const val EVENTS_MAX = 1_024
    }
}
