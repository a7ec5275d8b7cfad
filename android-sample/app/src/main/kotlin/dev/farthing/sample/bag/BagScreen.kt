package dev.farthing.sample.bag

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.ItemKind
import dev.farthing.sample.EmptyState
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.itemDescription
import dev.farthing.sample.itemTitle

/** What the player owns, to use. */
@Composable
fun BagScreen(
    items: List<BagItem>,
    onUse: (sku: String) -> Unit,
    onShop: () -> Unit,
    modifier: Modifier = Modifier,
) {
    if (items.isEmpty()) {
        EmptyState(
            sku = "empty",
            title = stringResource(R.string.bag_empty),
            text = stringResource(R.string.bag_empty_text),
            modifier = modifier.verticalScroll(rememberScrollState()).testTag("bag_empty"),
        ) { Button(onShop) { Text(stringResource(R.string.to_the_shop)) } }
        return
    }
    LazyColumn(
        modifier.fillMaxSize().testTag("bag"),
        contentPadding = PaddingValues(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        item(key = "heading") { SectionHeading(stringResource(R.string.bag_heading)) }
        items(items, key = BagItem::sku) { BagCard(it, onUse) }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun BagCard(
    item: BagItem,
    onUse: (sku: String) -> Unit,
) {
    val title = itemTitle(item.sku, item.item)
    Card(
        Modifier.fillMaxWidth().testTag("bag_${item.sku}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        Row(
            Modifier.padding(12.dp),
            horizontalArrangement = Arrangement.spacedBy(16.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            ItemPicture(item.sku, 72.dp)
            FlowRow(
                Modifier.weight(1f),
                horizontalArrangement = Arrangement.SpaceBetween,
                verticalArrangement = Arrangement.spacedBy(8.dp),
                itemVerticalAlignment = Alignment.CenterVertically,
            ) {
                BagWords(item, title)
                if (item.item?.kind != ItemKind.DURABLE) {
                    val words = stringResource(R.string.use_named, title)
                    FilledTonalButton(
                        onClick = { onUse(item.sku) },
                        enabled = item.canBeUsed,
                        modifier = Modifier.testTag("use_${item.sku}").semantics { contentDescription = words },
                    ) { Text(stringResource(R.string.use)) }
                }
            }
        }
    }
}

@Composable
private fun BagWords(
    item: BagItem,
    title: String,
) {
    val isDurable = item.item?.kind == ItemKind.DURABLE
    Column(verticalArrangement = Arrangement.spacedBy(2.dp)) {
        Text(title, Modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)
        Text(
            if (isDurable) {
                stringResource(
                    R.string.yours_for_ever,
                )
            } else {
                stringResource(R.string.owned_count, item.quantity)
            },
            Modifier.testTag("quantity_${item.sku}"),
            style = MaterialTheme.typography.bodyMedium,
            color = MaterialTheme.colorScheme.secondary,
        )
        if (isDurable) {
            Text(
                itemDescription(item.sku, item.item),
                style = MaterialTheme.typography.bodySmall,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
        }
    }
}
