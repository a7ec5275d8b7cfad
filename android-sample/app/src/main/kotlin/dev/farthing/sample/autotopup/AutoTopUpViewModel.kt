package dev.farthing.sample.autotopup

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.AutoTopUp
import dev.farthing.AutoTopUpConsent
import dev.farthing.Card
import dev.farthing.TopUp
import dev.farthing.WalletEvent
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.OneAtATime
import dev.farthing.sample.wallet.WalletContents
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

/**
 * What the screen of automatic top-ups shows.
 *
 * @property consent What the player has agreed to, and how it stands; `null` where they have not.
 * @property cards The cards that may be charged.
 * @property charges What was charged by itself, the newest first.
 * @property isBusy Whether something is asked of the wallet right now.
 */
data class AutoTopUpUiState(
    val consent: AutoTopUpConsent? = null,
    val cards: List<Card> = emptyList(),
    val charges: List<TopUp> = emptyList(),
    val isBusy: Boolean = false,
)

/** What the screen of automatic top-ups shows of a wallet. */
fun autoTopUpUiState(
    contents: WalletContents?,
    isBusy: Boolean,
): AutoTopUpUiState =
    AutoTopUpUiState(
        consent = contents?.autoTopUp,
        cards = contents?.cards.orEmpty(),
        charges = contents?.topUps.orEmpty().filter(TopUp::isAutomatic),
        isBusy = isBusy,
    )

/** Automatic top-ups: nothing is charged by itself but what the player has agreed to. */
class AutoTopUpViewModel(
    session: WalletSession,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val oneAtATime = OneAtATime(viewModelScope, session, noticeBoard)

    /** What the screen shows. */
    val uiState: StateFlow<AutoTopUpUiState> =
        combine(session.contents, oneAtATime.isBusy, ::autoTopUpUiState)
            .stateIn(viewModelScope, SharingStarted.Eagerly, AutoTopUpUiState())

    init {
        viewModelScope.launch {
            session.events.filterIsInstance<WalletEvent.AutoTopUpPaused>().collect {
                noticeBoard.show(it.reason.notice())
            }
        }
    }

    /** The player has agreed to just this; the same once more ends a pause. */
    fun agree(setting: AutoTopUp) =
        oneAtATime.ask { wallet ->
            wallet.setAutoTopUp(setting)
            noticeBoard.show(Notice(R.string.auto_on))
            // The wallet looks at the balance at the end of each sync.
            wallet.sync()
        }

    /** The player takes it back: nothing is begun any more, connected or not. */
    fun stop() =
        oneAtATime.ask { wallet ->
            wallet.setAutoTopUp(null)
            noticeBoard.show(Notice(R.string.auto_off))
        }
}
