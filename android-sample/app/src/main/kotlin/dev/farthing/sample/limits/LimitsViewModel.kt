package dev.farthing.sample.limits

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Approval
import dev.farthing.ApprovalState
import dev.farthing.Catalog
import dev.farthing.CurrencyLimits
import dev.farthing.Limits
import dev.farthing.SpendingLimits
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.wallet.OneAtATime
import dev.farthing.sample.wallet.SHOP_CURRENCY
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.stateIn

/**
 * What the screen of the limits shows.
 *
 * @property limits What limits the player's spending; `null` while the gateway was never asked.
 * @property approvals What a guardian was asked for, the newest first.
 * @property catalog What is for sale, for the names of what was asked for.
 * @property isBusy Whether something is asked of the gateway right now.
 */
data class LimitsUiState(
    val limits: Limits? = null,
    val approvals: List<Approval> = emptyList(),
    val catalog: Catalog? = null,
    val isBusy: Boolean = false,
) {
    /** What is limited in the shop's currency. */
    val shown: CurrencyLimits? get() = limits?.limits?.find { it.currency == SHOP_CURRENCY }
}

/** The player's limits and a guardian's. They are the account's, so the gateway has them. */
class LimitsViewModel(
    session: WalletSession,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val oneAtATime = OneAtATime(viewModelScope, session, noticeBoard)
    private val limits = MutableStateFlow<Limits?>(null)
    private val approvals = MutableStateFlow<List<Approval>>(emptyList())

    /** What the screen shows. */
    val uiState: StateFlow<LimitsUiState> =
        combine(
            limits,
            approvals,
            session.contents,
            oneAtATime.isBusy,
        ) { limits, approvals, contents, isBusy ->
            LimitsUiState(limits, approvals, contents?.catalog, isBusy)
        }.stateIn(viewModelScope, SharingStarted.Eagerly, LimitsUiState())

    /** Reads them anew. Without a connection, the limits are what was said last. */
    fun look() =
        oneAtATime.ask { wallet ->
            limits.value = wallet.limits()
            approvals.value = wallet.approvals()
        }

    /** Sets limits in place of those before: with a [pin] as the guardian, without as the player. */
    fun set(
        wanted: SpendingLimits,
        pin: String?,
    ) = oneAtATime.ask { wallet ->
        limits.value = wallet.setLimits(SHOP_CURRENCY, wanted, pin)
        noticeBoard.show(Notice(R.string.limits_set))
    }

    /** A guardian answers. The first answer stands. */
    fun answer(
        approval: Approval,
        approve: Boolean,
        pin: String,
    ) = oneAtATime.ask { wallet ->
        val answered = wallet.answerApproval(approval.id, approve, pin)
        approvals.value = approvals.value.map { if (it.id == answered.id) answered else it }
        val isApproved = answered.state == ApprovalState.APPROVED
        noticeBoard.show(Notice(if (isApproved) R.string.approval_given else R.string.approval_refused))
    }
}
