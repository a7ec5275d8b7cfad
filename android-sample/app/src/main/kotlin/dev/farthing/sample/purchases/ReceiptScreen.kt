package dev.farthing.sample.purchases

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.Money
import dev.farthing.Purchase
import dev.farthing.PurchaseState
import dev.farthing.Split
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.notice
import dev.farthing.sample.text

/** One purchase: what it was, how far it is, and who got what. */
@Composable
fun ReceiptScreen(
    purchase: Purchase,
    title: String,
    onShare: () -> Unit,
    modifier: Modifier = Modifier,
) {
    Column(
        modifier
            .fillMaxSize()
            .verticalScroll(rememberScrollState())
            .padding(20.dp)
            .testTag("receipt"),
        verticalArrangement = Arrangement.spacedBy(14.dp),
    ) {
        Row(
            horizontalArrangement = Arrangement.spacedBy(16.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            ItemPicture(purchase.sku, 84.dp)
            Column(verticalArrangement = Arrangement.spacedBy(6.dp)) {
                SectionHeading(stringResource(R.string.receipt_quantity, purchase.quantity, title))
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
        Quiet(stringResource(R.string.receipt_when, purchase.purchasedAt.text()))
        when (val state = purchase.state) {
            PurchaseState.Granted, PurchaseState.Settling -> {
                Quiet(stringResource(R.string.receipt_waiting))
            }

            is PurchaseState.Refunded -> {
                Quiet(stringResource(R.string.receipt_refunded, state.amount.text()))
                SplitBar(state.split)
            }

            is PurchaseState.Rejected -> {
                Quiet(state.reason.notice().text())
            }

            is PurchaseState.Settled -> {
                Quiet(stringResource(R.string.receipt_settled_when, state.settledAt.text()))
                SplitBar(state.split)
                Button(onShare, Modifier.fillMaxWidth().testTag("share_receipt")) {
                    Icon(painterResource(R.drawable.icon_share), contentDescription = null, Modifier.size(18.dp))
                    Text(stringResource(R.string.share_receipt), Modifier.padding(start = 8.dp))
                }
            }
        }
    }
}

@Composable
private fun Quiet(text: String) {
    Text(
        text,
        style = MaterialTheme.typography.bodyMedium,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
    )
}

@Composable
private fun SplitBar(split: Split) {
    val scheme = MaterialTheme.colorScheme
    val parts =
        listOf(
            Triple(R.string.split_developer, split.developer, scheme.tertiary),
            Triple(R.string.split_platform, split.platform, scheme.primary),
            Triple(R.string.split_processor, split.processor, scheme.secondary),
        )
    SectionHeading(stringResource(R.string.split_heading))
    Row(Modifier.fillMaxWidth().height(18.dp).clip(CircleShape)) {
        for ((_, money, colour) in parts) {
            // Only the picture is a fraction; the amounts below it are exact.
            val weight = money.micros.toFloat()
            if (weight > 0) Box(Modifier.weight(weight).fillMaxHeight().background(colour))
        }
    }
    for ((label, money, colour) in parts) SplitLine(stringResource(label), money, colour)
}

@Composable
private fun SplitLine(
    label: String,
    money: Money,
    colour: Color,
) {
    Row(
        Modifier.fillMaxWidth().semantics(mergeDescendants = true) { },
        horizontalArrangement = Arrangement.spacedBy(10.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Box(Modifier.size(12.dp).clip(CircleShape).background(colour))
        Text(label, Modifier.weight(1f), style = MaterialTheme.typography.bodyLarge)
        Text(money.text(), style = MaterialTheme.typography.bodyLarge)
    }
}
