package dev.farthing.sample.villagers

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.Button
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringArrayResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.LifecycleStartEffect
import dev.farthing.Item
import dev.farthing.sample.Banner
import dev.farthing.sample.EmptyState
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.UsedBar
import dev.farthing.sample.partOf
import dev.farthing.sample.text

/** How many of the latest answers are shown. */
private const val SHOWN = 3

/** A fire, a villager, and answers that are paid one by one. */
@Composable
fun VillagersScreen(
    state: VillagersUiState,
    onAsk: () -> Unit,
    onComeOrGo: () -> Unit,
    modifier: Modifier = Modifier,
) {
    // Written down before the app may be killed in the background.
    LifecycleStartEffect(onComeOrGo) {
        onComeOrGo()
        onStopOrDispose { onComeOrGo() }
    }
    Page("villagers", modifier) {
        val item = state.item
        if (item == null) {
            val why = stringResource(R.string.villagers_nobody_text)
            EmptyState(ANSWERS, stringResource(R.string.villagers_nobody), why)
            return@Page
        }
        Row(
            horizontalArrangement = Arrangement.spacedBy(16.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            ItemPicture(ANSWERS, 92.dp)
            SectionHeading(stringResource(R.string.villagers_heading))
        }
        Quiet(stringResource(R.string.villagers_text, item.priceOf(units = 1).text()))
        Spent(state, item)
        CapBanner(state.cap)
        val isTired = state.cap is CapState.Reached
        Button(onAsk, Modifier.fillMaxWidth().testTag("ask"), enabled = !state.isAsking && !isTired) {
            Text(stringResource(R.string.villagers_ask))
        }
        Answers(state.answers)
    }
}

/** What the day has cost so far, and of how much. */
@Composable
private fun Spent(
    state: VillagersUiState,
    item: Item,
) {
    val today = state.today ?: return
    val cap = item.meter?.dailyCap
    if (cap == null) {
        Text(stringResource(R.string.villagers_today, today.text()), Modifier.testTag("spent_today"))
    } else {
        val words = stringResource(R.string.villagers_today_of, today.text(), cap.text())
        UsedBar(today.partOf(cap), words, Modifier.testTag("spent_today"))
    }
}

@Composable
private fun CapBanner(cap: CapState) {
    val scheme = MaterialTheme.colorScheme
    if (cap is CapState.Near) {
        Banner(
            stringResource(R.string.villagers_near, cap.spent.text(), cap.limit.text()),
            R.drawable.icon_warning,
            scheme.secondaryContainer,
            scheme.onSecondaryContainer,
            Modifier.testTag("cap_near"),
        )
    }
    if (cap is CapState.Reached) {
        Banner(
            stringResource(R.string.villagers_tired, cap.resetsAt.text()),
            R.drawable.icon_clock,
            scheme.errorContainer,
            scheme.onErrorContainer,
            Modifier.testTag("cap_reached"),
        )
    }
}

/** What the villager said, the latest first. */
@Composable
private fun Answers(count: Int) {
    val answers = stringArrayResource(R.array.villagers_answers)
    val bubble = RoundedCornerShape(topStart = 4.dp, topEnd = 18.dp, bottomEnd = 18.dp, bottomStart = 18.dp)
    for (number in count downTo maxOf(1, count - SHOWN + 1)) {
        Surface(
            Modifier.fillMaxWidth().testTag("answer_$number"),
            shape = bubble,
            color = MaterialTheme.colorScheme.surfaceContainerHigh,
        ) {
            Text(
                answers[(number - 1) % answers.size],
                Modifier.padding(16.dp).semantics {
                    if (number == count) liveRegion = LiveRegionMode.Polite
                },
                style = MaterialTheme.typography.bodyLarge,
            )
        }
    }
}
