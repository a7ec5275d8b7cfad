package dev.farthing

import dev.farthing.ffi.WalletListener
import kotlinx.coroutines.ExperimentalForInheritanceCoroutinesApi
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.onSubscription
import kotlinx.coroutines.flow.transformWhile
import dev.farthing.ffi.WalletNews as CoreWalletNews

/** What the core tells, as flows. [onNews] is called from a thread of the core, one after the other, and never waits. */
internal class WalletNews(
    balance: Balance,
    syncState: SyncState,
) : WalletListener {
    val balance = MutableStateFlow(balance)
    val syncState = MutableStateFlow(syncState)

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

    override fun onNews(news: CoreWalletNews) {
        balance.value = news.balance.toPublic()
        syncState.value = news.syncState.toPublic()
        news.events.forEach { told.tryEmit(it.toPublic()) }
    }

    /** Ends the flow of events: the wallet was closed. */
    fun end() {
        hasEnded = true
        told.tryEmit(null)
    }

    private companion object {
        const val EVENTS_MAX = 1_024
    }
}

/**
 * The state of now, and each change of it. Who asks for the [value] gets what the core has at that moment, such as
 * the balance after a purchase that has just returned; who collects is told a moment later.
 */
@OptIn(ExperimentalForInheritanceCoroutinesApi::class)
internal class LiveState<T>(
    changes: StateFlow<T>,
    private val now: () -> T,
) : StateFlow<T> by changes {
    override val value: T get() = now()
}
