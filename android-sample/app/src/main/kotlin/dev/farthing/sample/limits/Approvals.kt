package dev.farthing.sample.limits

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.Approval
import dev.farthing.ApprovalState
import dev.farthing.sample.Chip
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.itemTitle
import dev.farthing.sample.text
import dev.farthing.sample.theme.LocalGameColours

/** How many of what was asked for are shown. */
private const val SHOWN = 5

/** What a guardian was asked for on any device of the player, and their answer. */
@Composable
internal fun Approvals(
    state: LimitsUiState,
    actions: LimitsActions,
) {
    if (state.approvals.isEmpty()) return
    SectionHeading(stringResource(R.string.approvals_heading))
    for (approval in state.approvals.take(SHOWN)) {
        ApprovalCard(approval, itemTitle(approval.sku, state.catalog?.get(approval.sku)), state.isBusy, actions)
    }
}

@Composable
private fun ApprovalCard(
    approval: Approval,
    title: String,
    isBusy: Boolean,
    actions: LimitsActions,
) {
    Card(
        Modifier.fillMaxWidth().testTag("approval_${approval.sku}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        Column(Modifier.padding(12.dp), verticalArrangement = Arrangement.spacedBy(10.dp)) {
            Row(
                horizontalArrangement = Arrangement.spacedBy(12.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                ItemPicture(approval.sku, 48.dp)
                Column(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(4.dp)) {
                    Text(title, style = MaterialTheme.typography.titleMedium)
                    ApprovalChip(approval.state)
                }
                Text(approval.total.text(), style = MaterialTheme.typography.titleMedium)
            }
            if (approval.state == ApprovalState.PENDING) Answer(approval, isBusy, actions)
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Answer(
    approval: Approval,
    isBusy: Boolean,
    actions: LimitsActions,
) {
    var pin by remember { mutableStateOf("") }
    PinField(pin, "approval_pin") { pin = it }
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        val canAnswer = pin.isNotEmpty() && !isBusy
        Button({ actions.answer(approval, true, pin) }, Modifier.testTag("approve"), enabled = canAnswer) {
            Text(stringResource(R.string.approve))
        }
        OutlinedButton({ actions.answer(approval, false, pin) }, Modifier.testTag("refuse"), enabled = canAnswer) {
            Text(stringResource(R.string.refuse))
        }
    }
}

@Composable
private fun ApprovalChip(state: ApprovalState) {
    val scheme = MaterialTheme.colorScheme
    val game = LocalGameColours.current
    when (state) {
        ApprovalState.PENDING -> {
            Chip(
                stringResource(R.string.approval_pending),
                R.drawable.icon_clock,
                scheme.secondaryContainer,
                scheme.onSecondaryContainer,
            )
        }

        ApprovalState.APPROVED -> {
            Chip(stringResource(R.string.approval_approved), R.drawable.icon_check, game.good, game.onGood)
        }

        ApprovalState.USED -> {
            Chip(stringResource(R.string.approval_used), R.drawable.icon_check, game.good, game.onGood)
        }

        ApprovalState.DECLINED -> {
            Chip(
                stringResource(R.string.approval_declined),
                R.drawable.icon_close,
                scheme.errorContainer,
                scheme.onErrorContainer,
            )
        }

        ApprovalState.EXPIRED -> {
            Chip(
                stringResource(R.string.approval_expired),
                R.drawable.icon_clock,
                scheme.surfaceVariant,
                scheme.onSurfaceVariant,
            )
        }
    }
}
