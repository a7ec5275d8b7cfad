package dev.farthing.sample.limits

import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import dev.farthing.Approval
import dev.farthing.LimitPeriod
import dev.farthing.LimitUse
import dev.farthing.Money
import dev.farthing.SpendingLimits
import dev.farthing.sample.Banner
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.UsedBar
import dev.farthing.sample.partOf
import dev.farthing.sample.text

/** What can be done with the limits. */
interface LimitsActions {
    /** Reads them anew. */
    fun look()

    fun set(
        wanted: SpendingLimits,
        pin: String?,
    )

    fun answer(
        approval: Approval,
        approve: Boolean,
        pin: String,
    )
}

/** What is left to spend, what a guardian was asked for, and the limits themselves. */
@Composable
fun LimitsScreen(
    state: LimitsUiState,
    actions: LimitsActions,
    modifier: Modifier = Modifier,
) {
    LaunchedEffect(actions) { actions.look() }
    Page("limits", modifier) {
        SectionHeading(stringResource(R.string.limits_heading))
        if (state.isBusy) LinearProgressIndicator(Modifier.fillMaxWidth())
        if (state.limits == null) {
            if (!state.isBusy) Unknown(actions::look)
            return@Page
        }
        val shown = state.shown
        val used = shown?.used.orEmpty()
        if (used.isEmpty()) Quiet(stringResource(R.string.limits_none))
        for (use in used) LimitLine(use)
        shown?.pending?.let { pending ->
            val scheme = MaterialTheme.colorScheme
            Banner(
                stringResource(R.string.limits_pending, pending.from.text()),
                R.drawable.icon_clock,
                scheme.tertiaryContainer,
                scheme.onTertiaryContainer,
                Modifier.testTag("limits_pending"),
            )
        }
        Approvals(state, actions)
        LimitsForm(state, actions::set)
    }
}

@Composable
private fun Unknown(onLook: () -> Unit) {
    Quiet(stringResource(R.string.limits_unknown))
    OutlinedButton(onLook, Modifier.testTag("look_again")) { Text(stringResource(R.string.retry)) }
}

@Composable
private fun LimitLine(use: LimitUse) {
    val limit = use.limit.text()
    if (use.period == LimitPeriod.PURCHASE) {
        Text(stringResource(R.string.limit_each, limit), style = MaterialTheme.typography.bodyMedium)
        return
    }
    // A limit that was set below what is spent already leaves nothing.
    val left = maxOf(use.limit - use.used, Money.zero(use.limit.currency)).text()
    val words =
        when (use.period) {
            LimitPeriod.DAY -> stringResource(R.string.left_today, left, limit)
            LimitPeriod.WEEK -> stringResource(R.string.left_week, left, limit)
            LimitPeriod.MONTH, LimitPeriod.PURCHASE -> stringResource(R.string.left_month, left, limit)
        }
    UsedBar(use.used.partOf(use.limit), words, Modifier.testTag("limit_${use.period}"))
}
