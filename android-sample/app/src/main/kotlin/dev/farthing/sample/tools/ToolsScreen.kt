package dev.farthing.sample.tools

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.FilterChip
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.SyncState
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.notice
import dev.farthing.sample.setup.GatewayForm
import dev.farthing.sample.text
import dev.farthing.sample.wallet.ShopSettings

private const val DAY = 24

/** What a tester can do to the shop. */
interface ToolActions {
    fun sync()

    fun order(fault: Fault)

    fun kill()

    fun skewClock(hours: Int)

    fun change(settings: ShopSettings)

    fun erase()
}

/** The testers' drawer: how the wallet is, and bad days on order. */
@Composable
fun ToolsScreen(
    state: ToolsUiState,
    actions: ToolActions,
    modifier: Modifier = Modifier,
) {
    Column(
        modifier
            .fillMaxSize()
            .verticalScroll(rememberScrollState())
            .padding(20.dp)
            .testTag("tools"),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        Text(stringResource(R.string.tools_heading), style = MaterialTheme.typography.headlineSmall)
        SectionHeading(stringResource(R.string.tools_sync))
        Text(state.sync.words(), Modifier.testTag("sync_state"))
        Text(stringResource(R.string.tools_queue, state.waiting), Modifier.testTag("queue"))
        Text(
            state.device?.let { stringResource(R.string.tools_device, it) }
                ?: stringResource(R.string.tools_device_none),
            style = MaterialTheme.typography.bodySmall,
            modifier = Modifier.testTag("device"),
        )
        Button(actions::sync, Modifier.testTag("sync_now")) { Text(stringResource(R.string.tools_sync_now)) }
        HorizontalDivider()
        Faults(state, actions)
        HorizontalDivider()
        ThisApp(state, actions)
        HorizontalDivider()
        Gateway(state.settings, actions::change)
    }
}

@Composable
private fun Gateway(
    settings: ShopSettings,
    onChange: (ShopSettings) -> Unit,
) {
    var isChanging by rememberSaveable { mutableStateOf(false) }
    SectionHeading(stringResource(R.string.tools_gateway))
    if (isChanging) {
        GatewayForm(settings, {
            isChanging = false
            onChange(it)
        })
    } else {
        Text(settings.gateway)
        OutlinedButton({ isChanging = true }, Modifier.testTag("change_gateway")) {
            Text(stringResource(R.string.tools_change_gateway))
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Faults(
    state: ToolsUiState,
    actions: ToolActions,
) {
    SectionHeading(stringResource(R.string.tools_faults))
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        for (fault in Fault.entries) {
            FilterChip(
                selected = state.fault == fault,
                onClick = { actions.order(fault) },
                label = { Text(stringResource(fault.label)) },
                modifier = Modifier.testTag("fault_$fault"),
                enabled = state.device != null,
            )
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun ThisApp(
    state: ToolsUiState,
    actions: ToolActions,
) {
    var asksToErase by rememberSaveable { mutableStateOf(false) }
    val skew = state.settings.clockSkewHours
    SectionHeading(stringResource(R.string.tools_app))
    Text(stringResource(R.string.tools_clock, skew), Modifier.testTag("clock"))
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        OutlinedButton({ actions.skewClock(skew - DAY) }) { Text(stringResource(R.string.tools_clock_back)) }
        OutlinedButton({ actions.skewClock(0) }) { Text(stringResource(R.string.tools_clock_right)) }
        OutlinedButton({ actions.skewClock(skew + DAY) }, Modifier.testTag("clock_ahead")) {
            Text(stringResource(R.string.tools_clock_ahead))
        }
        OutlinedButton(actions::kill, Modifier.testTag("kill")) { Text(stringResource(R.string.tools_kill)) }
        OutlinedButton(
            { asksToErase = true },
            Modifier.testTag("erase"),
            colors = ButtonDefaults.outlinedButtonColors(contentColor = MaterialTheme.colorScheme.error),
        ) { Text(stringResource(R.string.tools_erase)) }
    }
    if (asksToErase) {
        AlertDialog(
            onDismissRequest = { asksToErase = false },
            text = { Text(stringResource(R.string.tools_erase_question)) },
            confirmButton = {
                TextButton({
                    asksToErase = false
                    actions.erase()
                }, Modifier.testTag("erase_confirm")) { Text(stringResource(R.string.tools_erase_confirm)) }
            },
            dismissButton = { TextButton({ asksToErase = false }) { Text(stringResource(R.string.cancel)) } },
        )
    }
}

@Composable
private fun SyncState.words(): String =
    when (this) {
        SyncState.Idle -> {
            stringResource(R.string.tools_sync_idle)
        }

        SyncState.Running -> {
            stringResource(R.string.tools_sync_running)
        }

        is SyncState.Waiting -> {
            stringResource(R.string.tools_sync_waiting, attempt, delay.seconds, error.notice().text())
        }

        is SyncState.Stopped -> {
            stringResource(R.string.tools_sync_stopped, error.notice().text())
        }
    }
