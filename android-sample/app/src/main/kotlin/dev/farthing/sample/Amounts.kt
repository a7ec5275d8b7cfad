package dev.farthing.sample

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.material3.FilterChip
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.Money

/** How much of something is used: a bar, and the words that say it. */
@Composable
fun UsedBar(
    part: Float,
    words: String,
    modifier: Modifier = Modifier,
) {
    Column(
        modifier.fillMaxWidth().semantics(mergeDescendants = true) { },
        verticalArrangement = Arrangement.spacedBy(6.dp),
    ) {
        LinearProgressIndicator(
            progress = { part },
            // The words say the same.
            modifier = Modifier.fillMaxWidth().height(8.dp).clearAndSetSemantics { },
            trackColor = MaterialTheme.colorScheme.surfaceContainerHighest,
            drawStopIndicator = { },
        )
        Text(words, style = MaterialTheme.typography.bodyMedium)
    }
}

/** Which part of another amount this is, for a picture of it; the words beside it are exact. */
fun Money.partOf(all: Money): Float =
    if (all.isZero) 0f else (micros.toDouble() / all.micros.toDouble()).toFloat().coerceIn(0f, 1f)

/** Amounts to choose one of, by its place. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun AmountChoice(
    label: String,
    amounts: List<Money>,
    chosen: Int,
    tag: String,
    onChoose: (Int) -> Unit,
) {
    Column {
        Text(label, style = MaterialTheme.typography.titleSmall)
        FlowRow(Modifier.selectableGroup(), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            amounts.forEachIndexed { place, amount ->
                FilterChip(
                    selected = place == chosen,
                    onClick = { onChoose(place) },
                    label = { Text(amount.text()) },
                    modifier = Modifier.testTag("${tag}_${amount.amount}"),
                )
            }
        }
    }
}
