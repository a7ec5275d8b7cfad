package dev.farthing.sample.tab

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Card
import dev.farthing.Money
import dev.farthing.Tab
import dev.farthing.TabState
import dev.farthing.WalletEvent
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.wallet.OneAtATime
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

/** A tab: opened on a card, spent like any balance, charged once when it is closed. */
class TabViewModel(
    session: WalletSession,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val oneAtATime = OneAtATime(viewModelScope, session, noticeBoard)

    /** What the screen shows. What is owed is read again with each purchase. */
    val uiState: StateFlow<TabUiState> =
        combine(session.contents, oneAtATime.isBusy, ::tabUiState)
            .stateIn(viewModelScope, SharingStarted.Eagerly, TabUiState())

    init {
        viewModelScope.launch {
            // Also of one that was begun before the app was killed.
            session.events.filterIsInstance<WalletEvent.TabChanged>().collect { tell(it.tab) }
        }
    }

    /** Has a card authorise a limit. */
    fun open(
        limit: Money,
        card: Card,
    ) = oneAtATime.ask { wallet -> wallet.openTab(limit, card.id) }

    /** Has the card charged what was spent; or pays out of the purse what the card could not be charged. */
    fun close(tab: Tab) = oneAtATime.ask { wallet -> wallet.closeTab(tab.id) }

    /** Asks what became of it, after the player was on the bank's page. */
    fun sync() = oneAtATime.ask { wallet -> wallet.sync() }

    private fun tell(tab: Tab) {
        when (val state = tab.state) {
            TabState.Open -> noticeBoard.show(Notice(R.string.tab_opened, tab.limit))

            is TabState.Closed -> noticeBoard.show(Notice(R.string.tab_closed, state.charged))

            is TabState.Disputed -> noticeBoard.show(Notice(R.string.tab_disputed, state.held))

            is TabState.ChargedBack -> noticeBoard.show(Notice(R.string.tab_charged_back, state.amount))

            // The screen says what is due; a card that authorises nothing is an exception of the call.
            is TabState.Failed -> Unit

            TabState.Created, TabState.Processing, is TabState.RequiresAction, TabState.Closing -> Unit
        }
    }
}
