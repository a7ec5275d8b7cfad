package dev.farthing.sample.shop

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import dev.farthing.sample.itemDescription
import dev.farthing.sample.itemTitle

/** One thing on the shelf: what it is, how many the player has, and what it costs. */
@Composable
fun ShelfCard(
    item: ShelfItem,
    onBuy: () -> Unit,
    onGrantedShown: () -> Unit,
    modifier: Modifier = Modifier,
) {
    GrantedMoment(item, onGrantedShown)
    Card(
        modifier.fillMaxWidth().testTag("item_${item.item.sku}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
        shape = MaterialTheme.shapes.medium,
        elevation = CardDefaults.cardElevation(defaultElevation = 1.dp),
    ) {
        Column(
            Modifier.padding(12.dp),
            horizontalAlignment = Alignment.CenterHorizontally,
            verticalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            PictureWithMarks(item, Modifier.fillMaxWidth())
            Text(
                itemTitle(item.item.sku, item.item),
                Modifier.semantics { heading() },
                style = MaterialTheme.typography.titleMedium,
                textAlign = TextAlign.Center,
            )
            Text(
                itemDescription(item.item.sku, item.item),
                Modifier.heightIn(min = 36.dp),
                style = MaterialTheme.typography.bodySmall,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
                textAlign = TextAlign.Center,
                minLines = 2,
            )
            BuyButton(item, onBuy)
        }
    }
}
