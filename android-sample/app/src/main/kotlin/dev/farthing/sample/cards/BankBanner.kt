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
import dev.farthing.sample.Banner
import dev.farthing.sample.R

/**
 * The bank is not done: it asks the player on its page (3-D Secure), or there is nothing to do but wait.
 *
 * @param page Where the bank asks; `null` while it only takes its time.
 */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun BankBanner(
    text: String,
    page: String?,
    onConfirmed: () -> Unit,
    modifier: Modifier = Modifier,
) {
    val colours = MaterialTheme.colorScheme
    Banner(
        text = text,
        icon = if (page == null) R.drawable.icon_clock else R.drawable.icon_bank,
        container = colours.tertiaryContainer,
        content = colours.onTertiaryContainer,
        modifier = modifier,
    ) {
        if (page == null) return@Banner
        val browser = LocalUriHandler.current
        FlowRow(
            horizontalArrangement = Arrangement.spacedBy(8.dp),
            verticalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            Button({ browser.openUri(page) }, Modifier.testTag("open_bank")) {
                Text(stringResource(R.string.open_bank_page))
            }
            OutlinedButton(onConfirmed, Modifier.testTag("confirmed")) { Text(stringResource(R.string.confirmed)) }
        }
    }
}
