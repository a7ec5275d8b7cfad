package dev.farthing.sample.purchases

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.Purchase
import dev.farthing.PurchaseState
import dev.farthing.sample.Chip
import dev.farthing.sample.EmptyState
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.purchaseTitle
import dev.farthing.sample.text
import dev.farthing.sample.theme.LocalGameColours
import dev.farthing.sample.wallet.WalletContents

/** What was bought, the newest first. */
@Composable
fun PurchasesScreen(
    contents: WalletContents,
    onOpen: (Purchase) -> Unit,
    modifier: Modifier = Modifier,
) {
    if (contents.purchases.isEmpty()) {
        EmptyState(
            "empty",
            stringResource(R.string.purchases_empty),
            stringResource(R.string.purchases_empty_text),
            modifier.verticalScroll(rememberScrollState()).testTag("purchases_empty"),
        )
        return
    }
    LazyColumn(
        modifier.fillMaxSize().testTag("purchases"),
        contentPadding = PaddingValues(16.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        item(key = "heading") { SectionHeading(stringResource(R.string.purchases_heading)) }
        items(contents.purchases, key = Purchase::id) { purchase ->
            PurchaseRow(purchase, purchaseTitle(purchase, contents)) { onOpen(purchase) }
        }
    }
}

@Composable
private fun PurchaseRow(
    purchase: Purchase,
    title: String,
    onOpen: () -> Unit,
) {
    Card(
        onOpen,
        Modifier.fillMaxWidth().testTag("purchase_${purchase.sku}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        Row(
            Modifier.padding(12.dp),
            horizontalArrangement = Arrangement.spacedBy(12.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            ItemPicture(purchase.sku, 48.dp)
            Column(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(4.dp)) {
                Text(title, style = MaterialTheme.typography.titleMedium)
                Text(
                    purchase.purchasedAt.text(),
                    style = MaterialTheme.typography.bodySmall,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                )
                if (purchase.isFromAnotherDevice) {
                    Quiet(stringResource(R.string.from_another_device), Modifier.testTag("other_phone"))
                }
                StateChip(purchase.state)
            }
            Text(purchase.total.text(), style = MaterialTheme.typography.titleMedium)
        }
    }
}

/** How far a purchase is. */
@Composable
fun StateChip(state: PurchaseState) {
    val scheme = MaterialTheme.colorScheme
    val game = LocalGameColours.current
    when (state) {
        PurchaseState.Granted, PurchaseState.Settling -> {
            Chip(
                stringResource(R.string.state_waiting),
                R.drawable.icon_clock,
                scheme.secondaryContainer,
                scheme.onSecondaryContainer,
            )
        }

        is PurchaseState.Settled -> {
            Chip(stringResource(R.string.state_settled), R.drawable.icon_check, game.good, game.onGood)
        }

        is PurchaseState.Refunded -> {
            Chip(stringResource(R.string.state_refunded), R.drawable.icon_check, game.good, game.onGood)
        }

        is PurchaseState.Rejected -> {
            Chip(
                stringResource(R.string.state_rejected),
                R.drawable.icon_warning,
                scheme.errorContainer,
                scheme.onErrorContainer,
            )
        }
    }
}
