package dev.farthing.sample.tab

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.Tab
import dev.farthing.TabState
import dev.farthing.sample.Banner
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.UsedBar
import dev.farthing.sample.cards.title
import dev.farthing.sample.notice
import dev.farthing.sample.partOf
import dev.farthing.sample.text
import java.time.Duration

/** The gateway closes a tab by itself: banks keep an authorisation for a week. */
private val LIFE: Duration = Duration.ofDays(6)

/** What is owed of a tab, and the way to pay it. */
@Composable
internal fun RunningTab(
    tab: Tab,
    state: TabUiState,
    actions: TabActions,
) {
    val isClosing = tab.state == TabState.Closing
    Card(
        Modifier.fillMaxWidth(),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        Column(Modifier.padding(20.dp), verticalArrangement = Arrangement.spacedBy(12.dp)) {
            Column(Modifier.semantics(mergeDescendants = true) { }) {
                Quiet(stringResource(R.string.tab_owed_heading))
                Text(tab.owed.text(), Modifier.testTag("owed"), style = MaterialTheme.typography.displaySmall)
            }
            UsedBar(
                tab.owed.partOf(tab.limit),
                stringResource(R.string.tab_left, (tab.limit - tab.owed).text(), tab.limit.text()),
            )
            state.card?.let { Quiet(stringResource(R.string.tab_card, it.title())) }
            Quiet(stringResource(R.string.tab_closes_itself, (tab.openedAt + LIFE).text()))
        }
    }
    Quiet(stringResource(if (isClosing) R.string.tab_closing else R.string.tab_owed_text))
    Button(
        { actions.close(tab) },
        Modifier.fillMaxWidth().testTag("close_pay_tab"),
        enabled = !isClosing && !state.isBusy,
    ) { Text(stringResource(R.string.tab_close, tab.owed.text())) }
}

/** What a card could not be charged at the end: it is due, and paid out of the purse. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
internal fun DueTab(
    tab: Tab,
    state: TabUiState,
    actions: TabActions,
) {
    val scheme = MaterialTheme.colorScheme
    val why = (tab.state as? TabState.Failed)?.code?.notice()?.text()
    Banner(
        text = stringResource(R.string.tab_due, tab.owed.text()),
        icon = R.drawable.icon_warning,
        container = scheme.errorContainer,
        content = scheme.onErrorContainer,
        modifier = Modifier.testTag("tab_due"),
    ) {
        if (why != null) Text(why, style = MaterialTheme.typography.bodyMedium)
        FlowRow(
            horizontalArrangement = Arrangement.spacedBy(8.dp),
            verticalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            Button({ actions.close(tab) }, Modifier.testTag("pay_due"), enabled = !state.isBusy) {
                Text(stringResource(R.string.tab_pay, tab.owed.text()))
            }
            OutlinedButton(actions::goToCards, Modifier.testTag("to_cards")) { Text(stringResource(R.string.top_up)) }
        }
    }
}
