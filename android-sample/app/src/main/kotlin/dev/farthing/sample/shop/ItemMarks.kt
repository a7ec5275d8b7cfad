package dev.farthing.sample.shop

import androidx.compose.animation.AnimatedVisibility
import androidx.compose.animation.core.Spring
import androidx.compose.animation.core.animateFloatAsState
import androidx.compose.animation.core.spring
import androidx.compose.animation.fadeIn
import androidx.compose.animation.fadeOut
import androidx.compose.animation.scaleIn
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.size
import androidx.compose.material3.MaterialTheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.scale
import androidx.compose.ui.hapticfeedback.HapticFeedbackType
import androidx.compose.ui.platform.LocalHapticFeedback
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.sample.Chip
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.R
import dev.farthing.sample.text
import dev.farthing.sample.theme.LocalGameColours
import kotlinx.coroutines.delay

/** How long the mark of a purchase stays. */
private const val GRANTED_MILLISECONDS = 1_200L

/** Tells that a purchase was made, and after a while that it was seen. */
@Composable
internal fun GrantedMoment(
    item: ShelfItem,
    onGrantedShown: () -> Unit,
) {
    if (!item.isGranted) return
    val haptics = LocalHapticFeedback.current
    LaunchedEffect(item.item.sku) {
        haptics.performHapticFeedback(HapticFeedbackType.Confirm)
        delay(GRANTED_MILLISECONDS)
        onGrantedShown()
    }
}

/** An item's picture, with how many the player has, and what has just become of it. */
@Composable
internal fun PictureWithMarks(
    item: ShelfItem,
    modifier: Modifier = Modifier,
) {
    val colours = LocalGameColours.current
    val size by animateFloatAsState(
        targetValue = if (item.isGranted) 1.08f else 1f,
        animationSpec = spring(dampingRatio = Spring.DampingRatioMediumBouncy),
        label = "granted",
    )
    Box(modifier, contentAlignment = Alignment.Center) {
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
        if (item.isAsked) {
            Chip(
                text = stringResource(R.string.asked),
                icon = R.drawable.icon_clock,
                container = MaterialTheme.colorScheme.tertiaryContainer,
                content = MaterialTheme.colorScheme.onTertiaryContainer,
                modifier = Modifier.align(Alignment.BottomCenter).testTag("asked_${item.item.sku}"),
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
