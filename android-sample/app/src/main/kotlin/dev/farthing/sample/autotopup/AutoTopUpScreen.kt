package dev.farthing.sample.autotopup

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
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
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.AutoTopUp
import dev.farthing.AutoTopUpConsent
import dev.farthing.AutoTopUpPause
import dev.farthing.TopUp
import dev.farthing.sample.Banner
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.UsedBar
import dev.farthing.sample.cards.title
import dev.farthing.sample.notice
import dev.farthing.sample.partOf
import dev.farthing.sample.text

/** A card that is charged by itself: agreed to, how it stands, stopped. */
@Composable
fun AutoTopUpScreen(
    state: AutoTopUpUiState,
    onAgree: (AutoTopUp) -> Unit,
    onStop: () -> Unit,
    onCards: () -> Unit,
    modifier: Modifier = Modifier,
) {
    Page("auto_top_up", modifier) {
        SectionHeading(stringResource(R.string.auto_heading))
        val consent = state.consent
        if (consent == null) {
            Quiet(stringResource(R.string.auto_text))
            ConsentForm(state, onAgree, onCards)
        } else {
            consent.pause?.let { Paused(it, state.isBusy) { onAgree(consent.setting) } }
            Agreed(consent, state)
            OutlinedButton(onStop, Modifier.fillMaxWidth().testTag("auto_stop"), enabled = !state.isBusy) {
                Text(stringResource(R.string.auto_stop))
            }
        }
        Charges(state.charges)
    }
}

@Composable
private fun Paused(
    why: AutoTopUpPause,
    isBusy: Boolean,
    onAgree: () -> Unit,
) {
    val scheme = MaterialTheme.colorScheme
    Banner(
        text = why.notice().text(),
        icon = R.drawable.icon_warning,
        container = scheme.errorContainer,
        content = scheme.onErrorContainer,
        modifier = Modifier.testTag("auto_paused"),
    ) {
        Button(onAgree, Modifier.testTag("auto_again"), enabled = !isBusy) { Text(stringResource(R.string.auto_again)) }
    }
}

@Composable
private fun Agreed(
    consent: AutoTopUpConsent,
    state: AutoTopUpUiState,
) {
    val setting = consent.setting
    val card = state.cards.find { it.id == setting.card }
    Card(
        Modifier.fillMaxWidth().testTag("auto_agreed"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        Column(Modifier.padding(20.dp), verticalArrangement = Arrangement.spacedBy(12.dp)) {
            Text(
                stringResource(R.string.auto_rule, setting.below.text(), setting.amount.text()),
                style = MaterialTheme.typography.titleMedium,
            )
            Quiet(card?.title() ?: stringResource(R.string.auto_card_gone))
            UsedBar(
                consent.chargedThisMonth.partOf(setting.monthlyCap),
                stringResource(R.string.auto_used, consent.chargedThisMonth.text(), setting.monthlyCap.text()),
                Modifier.testTag("auto_used"),
            )
            consent.waitsUntil?.let { Quiet(stringResource(R.string.auto_waits, it.text())) }
            Quiet(stringResource(R.string.auto_agreed_at, consent.agreedAt.text()))
        }
    }
}

@Composable
private fun Charges(charges: List<TopUp>) {
    if (charges.isEmpty()) return
    SectionHeading(stringResource(R.string.auto_charges))
    for (charge in charges) {
        Row(
            Modifier.fillMaxWidth().semantics(mergeDescendants = true) { }.testTag("auto_charge"),
            horizontalArrangement = Arrangement.SpaceBetween,
        ) {
            Quiet(charge.createdAt.text())
            Text(charge.amount.text(), style = MaterialTheme.typography.titleMedium)
        }
    }
}
