package dev.farthing.sample.shop

import androidx.compose.animation.AnimatedVisibility
import androidx.compose.animation.core.Spring
import androidx.compose.animation.core.animateFloatAsState
import androidx.compose.animation.core.spring
import androidx.compose.animation.fadeIn
import androidx.compose.animation.fadeOut
import androidx.compose.animation.scaleIn
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.scale
import androidx.compose.ui.hapticfeedback.HapticFeedbackType
import androidx.compose.ui.platform.LocalHapticFeedback
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import dev.farthing.sample.Chip
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.R
import dev.farthing.sample.itemDescription
import dev.farthing.sample.itemTitle
import dev.farthing.sample.text
import dev.farthing.sample.theme.LocalGameColours
import kotlinx.coroutines.delay

/** How long the mark of a purchase stays. */
private const val GRANTED_MILLISECONDS = 1_200L

/** One thing on the shelf: what it is, how many the player has, and what it costs. */
@Composable
fun ShelfCard(
    item: ShelfItem,
    onBuy: () -> Unit,
    onGrantedShown: () -> Unit,
    modifier: Modifier = Modifier,
) {
    if (item.isGranted) {
        val haptics = LocalHapticFeedback.current
        LaunchedEffect(item.item.sku) {
            haptics.performHapticFeedback(HapticFeedbackType.Confirm)
            delay(GRANTED_MILLISECONDS)
            onGrantedShown()
        }
    }
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
            PictureWithMarks(item)
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

@Composable
private fun PictureWithMarks(item: ShelfItem) {
    val colours = LocalGameColours.current
    val size by animateFloatAsState(
        targetValue = if (item.isGranted) 1.08f else 1f,
        animationSpec = spring(dampingRatio = Spring.DampingRatioMediumBouncy),
        label = "granted",
    )
    Box(Modifier.fillMaxWidth(), contentAlignment = Alignment.Center) {
        ItemPicture(item.item.sku, 92.dp, Modifier.scale(size))
        if (item.owned > 0 && !item.isOwnedForEver) {
            val words = stringResource(R.string.owned_count, item.owned)
            Chip(
                text = stringResource(R.string.count, item.owned),
                icon = R.drawable.icon_bag,
                container = MaterialTheme.colorScheme.primaryContainer,
                content = MaterialTheme.colorScheme.onPrimaryContainer,
                modifier =
                    Modifier
                        .align(Alignment.TopEnd)
                        .testTag("owned_${item.item.sku}")
                        .semantics { contentDescription = words },
            )
        }
        AnimatedVisibility(
            item.isGranted,
            Modifier.align(Alignment.BottomCenter),
            enter = scaleIn() + fadeIn(),
            exit = fadeOut(),
        ) {
            Chip(
                text = stringResource(R.string.granted),
                icon = R.drawable.icon_check,
                container = colours.good,
                content = colours.onGood,
                modifier =
                    Modifier
                        .testTag("granted_${item.item.sku}")
                        .semantics { liveRegion = LiveRegionMode.Polite },
            )
        }
    }
}

@Composable
private fun BuyButton(
    item: ShelfItem,
    onBuy: () -> Unit,
) {
    val title = itemTitle(item.item.sku, item.item)
    val price = item.item.price.text()
    val words =
        if (item.isOwnedForEver) {
            stringResource(R.string.owned_named, title)
        } else {
            stringResource(R.string.buy_named, title, price)
        }
    Button(
        onBuy,
        Modifier
            .fillMaxWidth()
            .heightIn(min = 48.dp)
            .testTag("buy_${item.item.sku}")
            .semantics { contentDescription = words },
        enabled = !item.isOwnedForEver && !item.isBuying,
        colors =
            ButtonDefaults.buttonColors(
                containerColor = MaterialTheme.colorScheme.secondary,
                contentColor = MaterialTheme.colorScheme.onSecondary,
            ),
    ) {
        if (item.isOwnedForEver) {
            Icon(painterResource(R.drawable.icon_check), contentDescription = null, Modifier.size(18.dp))
            Text(stringResource(R.string.owned), Modifier.padding(start = 6.dp))
        } else {
            Text(price, style = MaterialTheme.typography.titleMedium)
        }
    }
}
