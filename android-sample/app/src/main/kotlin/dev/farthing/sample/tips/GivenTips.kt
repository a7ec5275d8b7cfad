package dev.farthing.sample.tips

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.Purchase
import dev.farthing.PurchaseState
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.purchases.StateChip
import dev.farthing.sample.text

/** How many of what was given are shown; all of them are among the purchases. */
private const val SHOWN = 5

/** What was given; a mistaken tip can be taken back for a while. */
@Composable
internal fun GivenTips(
    state: TipsUiState,
    givingBack: Set<String>,
    onTakeBack: (Purchase) -> Unit,
) {
    if (state.tips.isEmpty()) return
    SectionHeading(stringResource(R.string.tips_given))
    for (tip in state.tips.take(SHOWN)) {
        val name = state.creators.find { it.id == tip.tip?.creator }?.name ?: tip.tip?.creator.orEmpty()
        TipCard(tip, name, tip.id in givingBack) { onTakeBack(tip) }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun TipCard(
    tip: Purchase,
    name: String,
    isGoingBack: Boolean,
    onTakeBack: () -> Unit,
) {
    Card(
        Modifier.fillMaxWidth().testTag("tip_${tip.tip?.creator}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        Column(Modifier.padding(12.dp), verticalArrangement = Arrangement.spacedBy(6.dp)) {
            Row(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.SpaceBetween) {
                Text(name, style = MaterialTheme.typography.titleMedium)
                Text(tip.total.text(), style = MaterialTheme.typography.titleMedium)
            }
            tip.tip?.message?.let { Quiet(stringResource(R.string.quoted, it)) }
            FlowRow(
                Modifier.fillMaxWidth(),
                horizontalArrangement = Arrangement.SpaceBetween,
                itemVerticalAlignment = Alignment.CenterVertically,
            ) {
                StateChip(tip.state)
                if (tip.isFromAnotherDevice) {
                    Quiet(stringResource(R.string.from_another_device))
                } else if (tip.state is PurchaseState.Settled) {
                    TextButton(onTakeBack, Modifier.testTag("take_back_tip"), enabled = !isGoingBack) {
                        Text(stringResource(R.string.tip_take_back))
                    }
                }
            }
        }
    }
}
