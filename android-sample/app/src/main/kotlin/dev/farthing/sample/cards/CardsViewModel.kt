package dev.farthing.sample.cards

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Card
import dev.farthing.CardDetails
import dev.farthing.Money
import dev.farthing.TopUp
import dev.farthing.TopUpAdvice
import dev.farthing.TopUpState
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.OneAtATime
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

/**
 * What the screen of the cards shows.
 *
 * @property cards The player's cards.
 * @property openTopUp A top-up that has not come to its end; another one has to wait for it.
 * @property advice Which amounts to offer, and what fees take of them; empty before the prices are there.
 * @property isBusy Whether something is asked of the gateway right now.
 * @property wrongField What the wallet found wrong with the card that was typed.
 */
data class CardsUiState(
    val cards: List<Card> = emptyList(),
    val openTopUp: TopUp? = null,
    val advice: List<TopUpAdvice> = emptyList(),
    val isBusy: Boolean = false,
    val wrongField: String? = null,
)

/** Cards, and topping up with them. */
class CardsViewModel(
    session: WalletSession,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val oneAtATime = OneAtATime(viewModelScope, session, noticeBoard)
    private val wrongField = MutableStateFlow<String?>(null)

    /** What the screen shows. */
    val uiState: StateFlow<CardsUiState> =
        combine(session.contents, oneAtATime.isBusy, wrongField) { contents, isBusy, wrongField ->
            CardsUiState(
                cards = contents?.cards.orEmpty(),
                openTopUp = contents?.openTopUp,
                advice = contents?.topUpAdvice.orEmpty(),
                isBusy = isBusy,
                wrongField = wrongField,
            )
        }.stateIn(viewModelScope, SharingStarted.Eagerly, CardsUiState())

    init {
        viewModelScope.launch {
            // Also one that was begun before the app was killed.
            session.events.filterIsInstance<WalletEvent.TopUpChanged>().collect { tell(it.topUp) }
        }
    }

    /** Puts a card into the vault; [onAdded] once it is there. */
    fun add(
        details: CardDetails,
        onAdded: () -> Unit,
    ) = oneAtATime.ask { wallet ->
        wrongField.value = null
        try {
            wallet.addCard(details)
            noticeBoard.show(Notice(R.string.card_added))
            onAdded()
        } catch (invalid: WalletException.CardInvalid) {
            wrongField.value = invalid.field
        }
    }

    /** Forgets what was wrong: the player types again. */
    fun typing() {
        wrongField.value = null
    }

    /** Takes a card out of the vault. */
    fun remove(card: Card) =
        oneAtATime.ask { wallet ->
            wallet.removeCard(card.id)
            noticeBoard.show(Notice(R.string.card_removed))
        }

    /** Charges a card. What becomes of it is told by an event. */
    fun topUp(
        amount: Money,
        card: Card,
    ) = oneAtATime.ask { wallet -> wallet.topUp(amount, card.id) }

    /** Asks what became of a top-up, after the player was on the bank's page. */
    fun sync() = oneAtATime.ask { wallet -> wallet.sync() }

    private fun tell(topUp: TopUp) {
        val notice =
            when (val state = topUp.state) {
                TopUpState.Succeeded -> Notice(R.string.topped_up, topUp.amount)
                is TopUpState.Failed -> state.code.notice()
                is TopUpState.Disputed -> Notice(R.string.top_up_disputed, topUp.amount, state.held)
                is TopUpState.ChargedBack -> Notice(R.string.top_up_charged_back, topUp.amount, state.amount)
                TopUpState.Created, TopUpState.Processing, is TopUpState.RequiresAction -> null
            }
        notice?.let(noticeBoard::show)
    }
}
