package dev.farthing.sample.tools

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.SyncState
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.ShopSettings
import dev.farthing.sample.wallet.WalletContents
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import java.io.IOException

/**
 * What testers see.
 *
 * @property device This device's name at the gateway; `null` before it is enrolled.
 * @property waiting How many purchases wait for settlement.
 * @property sync What sync is doing.
 * @property fault What was ordered at the gateway last.
 * @property settings Which gateway, and by what time.
 */
data class ToolsUiState(
    val device: String? = null,
    val waiting: Int = 0,
    val sync: SyncState = SyncState.Idle,
    val fault: Fault = Fault.NONE,
    val settings: ShopSettings = ShopSettings(),
)

/** The testers' drawer. */
@OptIn(ExperimentalCoroutinesApi::class)
class ToolsViewModel(
    private val session: WalletSession,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val fault = MutableStateFlow(Fault.NONE)

    /** What the drawer shows. */
    val uiState: StateFlow<ToolsUiState> =
        session.state
            .flatMapLatest { if (it is SessionState.Open) toolsOf(it) else withoutWallet() }
            .stateIn(viewModelScope, SharingStarted.Eagerly, ToolsUiState())

    /** Orders a fault at the gateway, for this device. */
    fun order(ordered: Fault) =
        telling {
            val device = session.wallet().device() ?: throw IOException("not enrolled")
            val settings = session.settings.value
            GatewayFaults(settings.gateway, settings.publishableKey).order(device, ordered)
            fault.value = ordered
            noticeBoard.show(Notice(R.string.fault_ordered))
        }

    /** Syncs at once. */
    fun sync() = telling { session.wallet().sync() }

    /** Opens the wallet by a clock that is so far off. */
    fun skewClock(hours: Int) = telling { session.change(session.settings.value.copy(clockSkewHours = hours)) }

    /** Opens the wallet at another gateway, or by other keys. */
    fun change(settings: ShopSettings) = telling { session.change(settings) }

    /** Deletes the wallet and begins a new one. */
    fun erase() = telling { session.erase() }

    private fun telling(act: suspend () -> Unit) {
        viewModelScope.launch {
            try {
                act()
            } catch (error: WalletException) {
                noticeBoard.show(error.notice())
            } catch (error: IOException) {
                noticeBoard.show(Notice(R.string.fault_failed, error.message.orEmpty()))
            }
        }
    }

    private fun toolsOf(open: SessionState.Open): Flow<ToolsUiState> =
        combine(
            session.contents,
            open.wallet.syncState,
            fault,
            session.settings,
        ) { contents: WalletContents?, sync, fault, settings ->
            ToolsUiState(deviceOf(open), contents?.waiting ?: 0, sync, fault, settings)
        }

    private suspend fun deviceOf(open: SessionState.Open): String? =
        try {
            open.wallet.device()
        } catch (_: WalletException.Closed) {
            null
        }

    private fun withoutWallet(): Flow<ToolsUiState> = session.settings.map { ToolsUiState(settings = it) }
}
