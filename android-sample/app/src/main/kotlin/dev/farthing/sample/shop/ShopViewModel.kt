package dev.farthing.sample.shop

import androidx.lifecycle.SavedStateHandle
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Money
import dev.farthing.SyncState
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import java.util.UUID

/**
 * The shop's shelves.
 *
 * Each tap on "buy" gets an idempotency key, which is saved before the wallet is asked. When the
 * Activity is turned or its process killed in the middle, the same key is asked for again, and the
 * wallet answers with the same purchase instead of making another.
 */
@OptIn(ExperimentalCoroutinesApi::class)
class ShopViewModel(
    private val session: WalletSession,
    private val noticeBoard: NoticeBoard,
    private val savedState: SavedStateHandle,
) : ViewModel() {
    private val buying = savedState.getStateFlow<Map<String, String>>(BUYING, emptyMap())
    private val asked = savedState.getStateFlow<List<String>>(ASKED, emptyList())
    private val granted = MutableStateFlow(emptySet<String>())

    /** What the shop shows. */
    val uiState: StateFlow<ShopUiState> =
        session.state
            .flatMapLatest { state ->
                when (state) {
                    is SessionState.Open -> {
                        shelvesOf(state)
                    }

                    SessionState.Opening, SessionState.SetupNeeded, is SessionState.Failed -> {
                        flowOf(
                            ShopUiState.Loading,
                        )
                    }
                }
            }.stateIn(viewModelScope, SharingStarted.Eagerly, ShopUiState.Loading)

    init {
        buying.value.forEach { (sku, key) -> finish(sku, key) }
        viewModelScope.launch {
            session.events.collect { event -> event.notice()?.let(noticeBoard::show) }
        }
    }

    /** Buys one of an item. A second tap while that goes on, or while its success is shown, does nothing. */
    fun buy(sku: String) {
        if (sku in buying.value || sku in granted.value) return
        val key = UUID.randomUUID().toString()
        savedState[BUYING] = buying.value + (sku to key)
        finish(sku, key)
    }

    /** The mark on the item was seen. */
    fun grantedShown(sku: String) {
        granted.update { it - sku }
    }

    /** Lets the wallet renew a pass, or forbids it again. What the player said is on disk before it is shown. */
    fun setRenewal(
        sku: String,
        agrees: Boolean,
    ) {
        viewModelScope.launch {
            try {
                session.wallet().setPassRenewal(sku, agrees)
            } catch (error: WalletException) {
                noticeBoard.show(error.notice())
            }
            session.refresh()
        }
    }

    private fun finish(
        sku: String,
        key: String,
    ) {
        viewModelScope.launch {
            try {
                session.wallet().buy(sku, idempotencyKey = key)
                granted.update { it + sku }
                savedState[ASKED] = asked.value - sku
            } catch (asking: WalletException.ApprovalRequired) {
                savedState[ASKED] = asked.value - sku + sku
                noticeBoard.show(asking.notice())
            } catch (error: WalletException) {
                noticeBoard.show(error.notice())
            }
            savedState[BUYING] = buying.value - sku
        }
    }

    private fun shelvesOf(open: SessionState.Open): Flow<ShopUiState> {
        val taps =
            combine(buying, granted, asked) { buying, granted, asked -> Taps(buying.keys, granted, asked.toSet()) }
        return combine(
            session.contents,
            open.wallet.balance,
            open.wallet.syncState,
            session.isOffline,
            taps,
        ) { contents, balance, sync: SyncState, isOffline, taps ->
            shopUiState(contents, balance, sync, isOffline, taps)
        }
    }

    private companion object {
        const val BUYING = "buying"
        const val ASKED = "asked"
    }
}

/** What the player is told of what happens to purchases and passes; `null` where the shelves say it. */
private fun WalletEvent.notice(): Notice? =
    when (this) {
        is WalletEvent.Rejected -> Notice(R.string.money_is_back)
        is WalletEvent.PassEnding -> endingNotice(renewal)
        is WalletEvent.PassNotRenewed -> Notice(R.string.pass_not_renewed)
        is WalletEvent.PassEnded -> Notice(R.string.pass_ended)
        else -> null
    }

private fun endingNotice(renewal: Money?): Notice =
    if (renewal == null) Notice(R.string.pass_ends_soon) else Notice(R.string.pass_renews_soon, renewal)
