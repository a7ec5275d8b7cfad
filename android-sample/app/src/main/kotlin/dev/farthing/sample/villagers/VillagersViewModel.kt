package dev.farthing.sample.villagers

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Money
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.time.Instant

/**
 * What is known of a visit to the villagers.
 *
 * @property written What of the day was written down when the visit began.
 * @property counted How many answers were counted since.
 */
private data class Visit(
    val written: Money? = null,
    val counted: Int = 0,
    val cap: CapState = CapState.Far,
    val isAsking: Boolean = false,
)

/**
 * Talks with the villagers, paid by use: an answer is counted in memory, without disk or network, and many
 * of them are one purchase later. What was counted is written down when the player leaves.
 */
class VillagersViewModel(
    private val session: WalletSession,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val visit = MutableStateFlow(Visit())
    private val counting = Mutex()

    /** What the screen shows. */
    val uiState: StateFlow<VillagersUiState> =
        combine(session.contents, visit) { contents, visit ->
            val item = contents?.catalog?.get(ANSWERS)?.takeIf { it.meter != null }
            VillagersUiState(
                item = item,
                answers = visit.counted,
                today = item?.let { visit.written?.plus(it.priceOf(visit.counted.toLong())) },
                cap = visit.cap,
                isAsking = visit.isAsking,
            )
        }.stateIn(viewModelScope, SharingStarted.Eagerly, VillagersUiState())

    init {
        viewModelScope.launch {
            session.events.filterIsInstance<WalletEvent.UsageNearLimit>().collect { warning ->
                if (warning.sku == ANSWERS) visit.update { it.copy(cap = it.cap.after(warning)) }
            }
        }
    }

    /** Asks a villager for an answer: it is counted first, and given then. A second tap meanwhile does nothing. */
    fun ask() {
        if (visit.value.isAsking) return
        visit.update { it.copy(isAsking = true) }
        viewModelScope.launch {
            counting.withLock {
                try {
                    session.wallet().meter(ANSWERS).record()
                    visit.update { it.copy(counted = it.counted + 1) }
                } catch (reached: WalletException.UsageCapReached) {
                    visit.update { it.copy(cap = CapState.Reached(reached.resetsAt)) }
                } catch (error: WalletException) {
                    noticeBoard.show(error.notice())
                }
            }
            visit.update { it.copy(isAsking = false) }
        }
    }

    /** The player comes or goes: what was counted is written down, and the day's sum read again. */
    fun writeDown() {
        viewModelScope.launch {
            counting.withLock {
                try {
                    val wallet = session.wallet()
                    val item = wallet.catalog()[ANSWERS] ?: return@withLock
                    wallet.meter(ANSWERS).flush()
                    val written = writtenDown(wallet.purchases(), item, now())
                    visit.update { it.copy(written = written, counted = 0, cap = it.cap.at(now(), written)) }
                } catch (error: WalletException) {
                    noticeBoard.show(error.notice())
                }
            }
        }
    }

    private fun now(): Instant = session.settings.value.clock.instant()
}
