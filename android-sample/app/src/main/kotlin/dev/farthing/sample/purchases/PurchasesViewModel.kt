package dev.farthing.sample.purchases

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Catalog
import dev.farthing.ItemKind
import dev.farthing.Purchase
import dev.farthing.PurchaseKind
import dev.farthing.PurchaseState
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** What was bought, and the way back of its price. */
class PurchasesViewModel(
    private val session: WalletSession,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val goingBack = MutableStateFlow(emptySet<String>())

    /** The purchases whose price is being asked back. */
    val givingBack: StateFlow<Set<String>> = goingBack.asStateFlow()

    init {
        viewModelScope.launch {
            // Also of one whose answer was lost, and of what support has refunded.
            session.events.filterIsInstance<WalletEvent.PurchaseRefunded>().collect {
                noticeBoard.show(Notice(R.string.refunded, it.amount))
            }
        }
    }

    /** The tax in a purchase's price; `null` where there is none, or the receipt can't be had now. */
    suspend fun tax(purchase: Purchase): ReceiptTax? =
        when (purchase.state) {
            is PurchaseState.Settled, is PurchaseState.Refunded -> {
                try {
                    ReceiptTax.of(session.wallet().receipt(purchase.id))
                } catch (_: WalletException) {
                    null
                }
            }

            PurchaseState.Granted, PurchaseState.Settling, is PurchaseState.Rejected -> {
                null
            }
        }

    /** Asks for the price of a purchase, or a tip, back. A second tap meanwhile does nothing. */
    fun giveBack(purchase: Purchase) {
        if (purchase.id in goingBack.value) return
        goingBack.update { it + purchase.id }
        viewModelScope.launch {
            try {
                session.wallet().refund(purchase.id)
            } catch (error: WalletException) {
                noticeBoard.show(error.notice())
            }
            goingBack.update { it - purchase.id }
            session.refresh()
        }
    }
}

/** Whether a receipt offers to give a purchase back. */
enum class GiveBack {
    /**
     * It is not settled, was paid by use, is another phone's, or is a pack of currency, which is the merchant's to give
     * back.
     */
    NOT_OFFERED,

    /** The player may ask. Until when it is given, and that nothing was used, the gateway decides. */
    OFFERED,

    /** It is being asked. */
    ASKED,
}

/** Whether the receipt of a purchase offers to give it back. */
fun giveBackOffer(
    purchase: Purchase,
    catalog: Catalog?,
    givingBack: Set<String>,
): GiveBack =
    when {
        purchase.state !is PurchaseState.Settled -> GiveBack.NOT_OFFERED
        purchase.kind == PurchaseKind.USAGE -> GiveBack.NOT_OFFERED
        purchase.isFromAnotherDevice -> GiveBack.NOT_OFFERED
        catalog?.get(purchase.sku)?.kind == ItemKind.CURRENCY_PACK -> GiveBack.NOT_OFFERED
        purchase.id in givingBack -> GiveBack.ASKED
        else -> GiveBack.OFFERED
    }
