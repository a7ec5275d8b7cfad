package dev.farthing.sample.tips

import androidx.lifecycle.SavedStateHandle
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Creator
import dev.farthing.Money
import dev.farthing.Purchase
import dev.farthing.PurchaseKind
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.WalletContents
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import java.io.Serializable
import java.util.UUID

/**
 * What the screen of the tips shows.
 *
 * @property creators Who can be tipped.
 * @property tips What was given before, the newest first.
 * @property isGiving Whether one is being given right now.
 * @property given How many were given on this screen, so that it begins a new one each time.
 * @property isThanked Whether one was given a moment ago.
 */
data class TipsUiState(
    val creators: List<Creator> = emptyList(),
    val tips: List<Purchase> = emptyList(),
    val isGiving: Boolean = false,
    val given: Int = 0,
    val isThanked: Boolean = false,
)

/** What the screen of the tips shows of a wallet. */
fun tipsUiState(
    contents: WalletContents?,
    isGiving: Boolean,
    given: Int,
    isThanked: Boolean,
): TipsUiState =
    TipsUiState(
        creators = contents?.creators.orEmpty(),
        tips = contents?.purchases.orEmpty().filter { it.kind == PurchaseKind.TIP },
        isGiving = isGiving,
        given = given,
        isThanked = isThanked,
    )

/** A tip whose end is not known yet: as much as is needed to ask for the same one again. */
private data class PendingTip(
    val creator: String,
    val micros: Long,
    val currency: String,
    val message: String?,
    val key: String,
) : Serializable

/**
 * Tips. As in the shop, each tap has an idempotency key that is saved before the wallet is asked: turned
 * or killed in the middle, the app asks for the same tip again instead of giving another.
 */
class TipsViewModel(
    private val session: WalletSession,
    private val noticeBoard: NoticeBoard,
    private val savedState: SavedStateHandle,
) : ViewModel() {
    private val giving = savedState.getStateFlow<PendingTip?>(GIVING, null)
    private val given = savedState.getStateFlow(GIVEN, 0)
    private val isThanked = MutableStateFlow(false)

    /** What the screen shows. */
    val uiState: StateFlow<TipsUiState> =
        combine(session.contents, giving, given, isThanked) { contents, giving, given, isThanked ->
            tipsUiState(contents, giving != null, given, isThanked)
        }.stateIn(viewModelScope, SharingStarted.Eagerly, TipsUiState())

    init {
        giving.value?.let(::finish)
    }

    /** Gives a tip. A second tap while that goes on, or while its thanks are shown, does nothing. */
    fun give(
        creator: Creator,
        amount: Money,
        message: String,
    ) {
        if (giving.value != null || isThanked.value) return
        val words = message.trim().ifEmpty { null }
        val tip = PendingTip(creator.id, amount.micros, amount.currency, words, UUID.randomUUID().toString())
        savedState[GIVING] = tip
        finish(tip)
    }

    /** The thanks were seen. */
    fun thanksShown() {
        isThanked.value = false
    }

    private fun finish(tip: PendingTip) {
        viewModelScope.launch {
            val amount = Money.ofMicros(tip.micros, tip.currency)
            try {
                session.wallet().tip(tip.creator, amount, tip.message, tip.key)
                noticeBoard.show(Notice(R.string.tip_given, amount))
                savedState[GIVEN] = given.value + 1
                isThanked.value = true
            } catch (error: WalletException) {
                noticeBoard.show(error.notice())
            }
            savedState.set<PendingTip?>(GIVING, null)
        }
    }

    private companion object {
        const val GIVING = "giving_tip"
        const val GIVEN = "tips_given"
    }
}
