package dev.farthing.sample

import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.IconButtonDefaults
import androidx.compose.material3.IconToggleButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource

/**
 * The bar above every room: the game's name, airplane mode, and the testers' drawer.
 *
 * @param isOffline Whether airplane mode is on; `null` while there is no wallet.
 */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun ShopTopBar(
    canGoBack: Boolean,
    isOffline: Boolean?,
    onBack: () -> Unit,
    onOffline: (Boolean) -> Unit,
    onTools: () -> Unit,
) {
    TopAppBar(
        title = {
            Text(
                stringResource(R.string.app_name),
                style = MaterialTheme.typography.headlineSmall,
                color = MaterialTheme.colorScheme.primary,
                maxLines = 1,
            )
        },
        navigationIcon = {
            if (canGoBack) {
                IconButton(onBack, Modifier.testTag("back")) {
                    Icon(painterResource(R.drawable.icon_back), stringResource(R.string.back))
                }
            }
        },
        actions = {
            if (isOffline != null) Airplane(isOffline, onOffline)
            IconButton(onTools, Modifier.testTag("open_tools")) {
                Icon(painterResource(R.drawable.icon_tools), stringResource(R.string.open_tools))
            }
        },
    )
}

@Composable
private fun Airplane(
    isOffline: Boolean,
    onOffline: (Boolean) -> Unit,
) {
    IconToggleButton(
        isOffline,
        onOffline,
        Modifier.testTag("airplane"),
        colors =
            IconButtonDefaults.iconToggleButtonColors(
                checkedContainerColor = MaterialTheme.colorScheme.secondary,
                checkedContentColor = MaterialTheme.colorScheme.onSecondary,
            ),
    ) {
        Icon(
            painterResource(R.drawable.icon_airplane),
            stringResource(if (isOffline) R.string.airplane_on else R.string.airplane_off),
        )
    }
}
