package dev.farthing.sample.ways

import androidx.annotation.DrawableRes
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.AutoTopUpConsent
import dev.farthing.sample.IconRow
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.tab.tabWords
import dev.farthing.sample.text
import dev.farthing.sample.wallet.WalletContents

/** Where each way to pay is set up. */
interface WaysActions {
    fun openCards()

    fun openPacks()

    fun openAutoTopUp()

    fun openTab()

    fun openLimits()
}

/** The ways to pay, and how each of them stands. */
@Composable
fun WaysScreen(
    contents: WalletContents,
    actions: WaysActions,
    modifier: Modifier = Modifier,
) {
    Page("ways", modifier) {
        SectionHeading(stringResource(R.string.ways_heading))
        Quiet(stringResource(R.string.ways_text))
        Way(
            R.drawable.icon_card,
            stringResource(R.string.ways_cards),
            cardWords(contents.cards.size),
            "way_cards",
            actions::openCards,
        )
        Way(
            R.drawable.icon_purse,
            stringResource(R.string.packs_heading),
            stringResource(R.string.ways_packs),
            "way_packs",
            actions::openPacks,
        )
        Way(
            R.drawable.icon_repeat,
            stringResource(R.string.auto_heading),
            autoTopUpWords(contents.autoTopUp),
            "way_auto_top_up",
            actions::openAutoTopUp,
        )
        Way(
            R.drawable.icon_tab,
            stringResource(R.string.tab_heading),
            contents.currentTab?.let { tabWords(it) } ?: stringResource(R.string.ways_no_tab),
            "way_tab",
            actions::openTab,
        )
        Way(
            R.drawable.icon_shield,
            stringResource(R.string.limits_heading),
            stringResource(R.string.ways_limits),
            "way_limits",
            actions::openLimits,
        )
    }
}

@Composable
private fun Way(
    @DrawableRes icon: Int,
    title: String,
    words: String,
    tag: String,
    onOpen: () -> Unit,
) {
    Card(
        onOpen,
        Modifier.fillMaxWidth().testTag(tag),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        IconRow(icon, title, words) {
            Icon(painterResource(R.drawable.icon_forward), contentDescription = null, Modifier.size(20.dp))
        }
    }
}

@Composable
private fun cardWords(count: Int): String =
    if (count == 0) stringResource(R.string.cards_empty) else pluralStringResource(R.plurals.cards, count, count)

@Composable
private fun autoTopUpWords(consent: AutoTopUpConsent?): String =
    when {
        consent == null -> stringResource(R.string.ways_off)
        consent.pause != null -> stringResource(R.string.ways_paused)
        else -> stringResource(R.string.auto_rule, consent.setting.below.text(), consent.setting.amount.text())
    }
