package dev.farthing.sample.wallet

import dev.farthing.KeyStoreException
import dev.farthing.Wallet
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.R
import dev.farthing.sample.notice
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.emptyFlow
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** Whether there is a wallet to shop with. */
sealed interface SessionState {
    /** No gateway was named yet. */
    data object SetupNeeded : SessionState

    /** It is being opened. */
    data object Opening : SessionState

    /**
     * It is open.
     *
     * @property wallet The player's wallet.
     */
    data class Open(
        val wallet: Wallet,
    ) : SessionState

    /**
     * It can't be opened.
     *
     * @property why What the player is told.
     */
    data class Failed(
        val why: Notice,
    ) : SessionState
}

/**
 * The one wallet of the app, and what the screens show of it. It outlives the Activity, so a
 * rotation neither closes the wallet nor stops what it does.
 *
 * @param scope Lives as long as the process.
 * @param open Opens a wallet by the settings.
 * @param startOver Sets a wallet aside that can't be opened any more.
 */
@OptIn(ExperimentalCoroutinesApi::class)
class WalletSession(
    private val scope: CoroutineScope,
    private val store: ShopSettingsStore,
    private val open: suspend (ShopSettings) -> Wallet,
    private val startOver: suspend () -> Unit,
) {
    private val opening = Mutex()
    private val sessionState = MutableStateFlow<SessionState>(SessionState.Opening)
    private val currentSettings = MutableStateFlow(store.load())
    private val airplaneMode = MutableStateFlow(false)
    private val changes = MutableSharedFlow<Unit>(extraBufferCapacity = 1)

    /** Whether there is a wallet. */
    val state: StateFlow<SessionState> = sessionState.asStateFlow()

    /** What the wallet was opened with. */
    val settings: StateFlow<ShopSettings> = currentSettings.asStateFlow()

    /** Whether the player switched the network off, for the wallet only. */
    val isOffline: StateFlow<Boolean> = airplaneMode.asStateFlow()

    /** What happens in the wallet. */
    val events: Flow<WalletEvent> =
        state.flatMapLatest { if (it is SessionState.Open) it.wallet.events else emptyFlow() }

    /** What the wallet holds, read again whenever something happens; `null` while none is open. */
    val contents: StateFlow<WalletContents?> =
        state
            .flatMapLatest { if (it is SessionState.Open) contentsOf(it.wallet) else flowOf(null) }
            .stateIn(scope, SharingStarted.Eagerly, null)

    init {
        scope.launch { reopen() }
        scope.launch { state.collectLatest { if (it is SessionState.Open) forgetUsedToken(it.wallet) } }
    }

    /** The wallet, as soon as it is open. */
    suspend fun wallet(): Wallet = state.filterIsInstance<SessionState.Open>().first().wallet

    /** Switches the wallet's network off or on. Back online it syncs at once. */
    fun setOffline(offline: Boolean) {
        val current = state.value as? SessionState.Open ?: return
        current.wallet.isOffline = offline
        airplaneMode.value = offline
        if (offline) return
        scope.launch {
            try {
                current.wallet.sync()
            } catch (_: WalletException) {
                // What waits still waits, and the wallet tries again by itself.
            }
        }
    }

    /** Reads again what raises no event, such as a used item or a new card. */
    fun refresh() {
        changes.tryEmit(Unit)
    }

    /** Opens the wallet by other settings, which are kept. */
    suspend fun change(settings: ShopSettings) {
        keep(settings)
        reopen()
    }

    /** Closes the wallet and opens it again, as a restart of the app does. */
    suspend fun reopen() {
        opening.withLock {
            closeCurrent()
            sessionState.value = if (settings.value.isComplete) openBySettings() else SessionState.SetupNeeded
        }
    }

    /** Closes the wallet, as the end of the process does. */
    suspend fun close() {
        opening.withLock { closeCurrent() }
    }

    /** Deletes the wallet with all that it holds, or sets aside one that can't be opened, and starts with a new one. */
    suspend fun erase() {
        opening.withLock {
            when (val current = state.value) {
                is SessionState.Open -> current.wallet.erase(force = true)
                is SessionState.Failed -> startOver()
                SessionState.Opening, SessionState.SetupNeeded -> return
            }
            keep(settings.value.copy(enrolledDevice = ""))
            sessionState.value = SessionState.Opening
        }
        reopen()
    }

    private fun keep(settings: ShopSettings) {
        store.save(settings)
        currentSettings.value = settings
    }

    /** A token is good once. One that is given to a wallet that has its player is kept for the next wallet. */
    private suspend fun forgetUsedToken(wallet: Wallet) {
        try {
            val device = wallet.syncState.mapNotNull { wallet.device() }.first()
            if (device == settings.value.enrolledDevice) return
            keep(settings.value.copy(enrolmentToken = "", enrolledDevice = device))
        } catch (_: WalletException) {
            // It was closed, or can't be read now: the next one that is opened is asked.
        }
    }

    private suspend fun closeCurrent() {
        val current = state.value
        sessionState.value = SessionState.Opening
        airplaneMode.value = false
        if (current is SessionState.Open) current.wallet.shutDown()
    }

    private suspend fun openBySettings(): SessionState =
        try {
            SessionState.Open(open(settings.value))
        } catch (error: WalletException) {
            SessionState.Failed(error.notice())
        } catch (_: KeyStoreException) {
            // Before the phone was unlocked for the first time.
            SessionState.Failed(Notice(R.string.error_key_store_unavailable))
        }

    private fun contentsOf(wallet: Wallet): Flow<WalletContents?> =
        merge(flowOf(Unit), wallet.events.map { }, changes)
            .conflate()
            .map { WalletContents.read(wallet) }
}
