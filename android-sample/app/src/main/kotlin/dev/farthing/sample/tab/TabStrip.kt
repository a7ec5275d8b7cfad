package dev.farthing.sample.tab

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.Tab
import dev.farthing.TabState
import dev.farthing.sample.R
import dev.farthing.sample.text

/** What is owed, above every room, for as long as something is. */
@Composable
fun TabStrip(
    tab: Tab,
    onOpen: () -> Unit,
) {
    val scheme = MaterialTheme.colorScheme
    val isDue = tab.state is TabState.Failed
    Surface(
        color = if (isDue) scheme.errorContainer else scheme.secondaryContainer,
        contentColor = if (isDue) scheme.onErrorContainer else scheme.onSecondaryContainer,
    ) {
        Row(
            Modifier
                .fillMaxWidth()
                .clickable(onClickLabel = stringResource(R.string.tab_show), onClick = onOpen)
                .heightIn(min = 48.dp)
                .padding(horizontal = 20.dp, vertical = 8.dp)
                .testTag("tab_strip"),
            horizontalArrangement = Arrangement.spacedBy(10.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            Icon(painterResource(R.drawable.icon_tab), contentDescription = null, Modifier.size(20.dp))
            Text(tabWords(tab), Modifier.weight(1f), style = MaterialTheme.typography.titleSmall)
            Icon(painterResource(R.drawable.icon_forward), contentDescription = null, Modifier.size(20.dp))
        }
    }
}

/** How a tab stands, in a line. */
@Composable
fun tabWords(tab: Tab): String =
    when (tab.state) {
        TabState.Open, TabState.Closing -> {
            stringResource(R.string.tab_strip_owed, tab.owed.text(), tab.limit.text())
        }

        is TabState.Failed -> {
            stringResource(R.string.tab_strip_due, tab.owed.text())
        }

        TabState.Created, TabState.Processing, is TabState.RequiresAction, is TabState.Closed, is TabState.Disputed,
        is TabState.ChargedBack,
        -> {
            stringResource(R.string.tab_strip_waiting)
        }
    }
