package dev.farthing.sample.cards

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.material3.Button
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalUriHandler
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.TopUp
import dev.farthing.TopUpState
import dev.farthing.sample.Banner
import dev.farthing.sample.R
import dev.farthing.sample.text

/** A top-up that goes on: the bank asks the player (3-D Secure), or there is nothing to do but wait. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun TopUpBanner(
    topUp: TopUp,
    onConfirmed: () -> Unit,
    modifier: Modifier = Modifier,
) {
    val colours = MaterialTheme.colorScheme
    val amount = topUp.amount.text()
    val action = topUp.state as? TopUpState.RequiresAction
    Banner(
        text = stringResource(if (action == null) R.string.top_up_waiting else R.string.top_up_action, amount),
        icon = if (action == null) R.drawable.icon_clock else R.drawable.icon_bank,
        container = colours.tertiaryContainer,
        content = colours.onTertiaryContainer,
        modifier = modifier.testTag("top_up_banner"),
    ) {
        if (action == null) return@Banner
        val browser = LocalUriHandler.current
        FlowRow(
            horizontalArrangement = Arrangement.spacedBy(8.dp),
            verticalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            Button({ browser.openUri(action.url) }, Modifier.testTag("open_bank")) {
                Text(stringResource(R.string.open_bank_page))
            }
            OutlinedButton(onConfirmed, Modifier.testTag("confirmed")) { Text(stringResource(R.string.confirmed)) }
        }
    }
}
