package dev.farthing

import dev.farthing.ffi.WalletListener
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import dev.farthing.ffi.Wallet as CoreWallet
import dev.farthing.ffi.WalletEvent as CoreWalletEvent

/** What the core tells, as flows. Its functions are called from a thread of the core and never wait. */
internal class WalletNews : WalletListener {
    val balance = MutableStateFlow(Balance(currencies = emptyList(), asOf = null))
    val syncState = MutableStateFlow<SyncState>(SyncState.Idle)
    val events =
        MutableSharedFlow<WalletEvent>(extraBufferCapacity = EVENTS_MAX, onBufferOverflow = BufferOverflow.DROP_OLDEST)

    private var core: CoreWallet? = null

    /** Begins to tell of a wallet. */
    fun attach(core: CoreWallet) {
        synchronized(this) { this.core = core }
        onBalanceChanged()
        onSyncChanged()
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
        events.tryEmit(event.toPublic())
    }

    private companion object {
        const val EVENTS_MAX = 1_024
    }
}
