package dev.farthing.sample.purchases

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.Purchase
import dev.farthing.PurchaseKind
import dev.farthing.PurchaseState
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.notice
import dev.farthing.sample.rateText
import dev.farthing.sample.screenLocale
import dev.farthing.sample.text

/** What can be done with a purchase. */
interface ReceiptActions {
    /** Hands on its signed receipt. */
    fun share()

    /** Asks for the price back. */
    fun giveBack()
}

/** One purchase: what it was, how far it is, who got what, and the way back of its price. */
@Composable
fun ReceiptScreen(
    purchase: Purchase,
    title: String,
    tax: ReceiptTax?,
    giveBack: GiveBack,
    actions: ReceiptActions,
    modifier: Modifier = Modifier,
) {
    val isTip = purchase.kind == PurchaseKind.TIP
    Page("receipt", modifier) {
        Row(
            horizontalArrangement = Arrangement.spacedBy(16.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            ItemPicture(purchase.sku, 84.dp)
            Column(verticalArrangement = Arrangement.spacedBy(6.dp)) {
                SectionHeading(
                    if (isTip) title else stringResource(R.string.receipt_quantity, purchase.quantity, title),
                )
                StateChip(purchase.state)
            }
        }
        Row(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.SpaceBetween) {
            Text(stringResource(R.string.receipt_total), style = MaterialTheme.typography.titleMedium)
            Text(
                purchase.total.text(),
                Modifier.testTag("receipt_total"),
                style = MaterialTheme.typography.titleLarge,
            )
        }
        tax?.let { Quiet(it.words(), Modifier.testTag("receipt_tax")) }
        purchase.tip?.message?.let { Quiet(stringResource(R.string.quoted, it)) }
        Quiet(stringResource(R.string.receipt_when, purchase.purchasedAt.text()))
        if (purchase.isFromAnotherDevice) Quiet(stringResource(R.string.from_another_device))
        when (val state = purchase.state) {
            PurchaseState.Granted, PurchaseState.Settling -> {
                Quiet(stringResource(R.string.receipt_waiting))
            }

            is PurchaseState.Refunded -> {
                Quiet(stringResource(R.string.receipt_refunded, state.amount.text()))
                SplitBar(state.split, isTip)
            }

            is PurchaseState.Rejected -> {
                Quiet(state.reason.notice().text())
            }

            is PurchaseState.Settled -> {
                Quiet(stringResource(R.string.receipt_settled_when, state.settledAt.text()))
                SplitBar(state.split, isTip)
                Button(actions::share, Modifier.fillMaxWidth().testTag("share_receipt")) {
                    Icon(painterResource(R.drawable.icon_share), contentDescription = null, Modifier.size(18.dp))
                    Text(stringResource(R.string.share_receipt), Modifier.padding(start = 8.dp))
                }
                if (giveBack != GiveBack.NOT_OFFERED) GiveBackButton(isTip, giveBack, actions::giveBack)
            }
        }
    }
}

@Composable
private fun ReceiptTax.words(): String =
    stringResource(R.string.receipt_tax, rateText(perMillion, screenLocale), country, amount.text())

@Composable
private fun GiveBackButton(
    isTip: Boolean,
    state: GiveBack,
    onGiveBack: () -> Unit,
) {
    OutlinedButton(onGiveBack, Modifier.fillMaxWidth().testTag("give_back"), enabled = state == GiveBack.OFFERED) {
        Icon(painterResource(R.drawable.icon_undo), contentDescription = null, Modifier.size(18.dp))
        Text(
            stringResource(if (isTip) R.string.tip_take_back else R.string.give_back),
            Modifier.padding(start = 8.dp),
        )
    }
    Quiet(stringResource(if (isTip) R.string.tip_take_back_text else R.string.give_back_text))
}
