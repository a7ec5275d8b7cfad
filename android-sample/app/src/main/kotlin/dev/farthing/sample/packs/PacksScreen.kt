package dev.farthing.sample.packs

import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.sample.Banner
import dev.farthing.sample.EmptyState
import dev.farthing.sample.IconRow
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.text
import kotlinx.coroutines.delay

/** How long the mark on a pack stays, and keeps a second tap from buying a second one. */
private const val BOUGHT_MILLISECONDS = 1_200L

/** What can be done at the store. */
interface PacksActions {
    /** Looks what it sells. */
    fun look()

    fun buy(pack: Pack)

    /** The mark on what was bought was seen. */
    fun boughtShown()
}

/** Packs of balance that the store sells, and those that wait to be credited. */
@Composable
fun PacksScreen(
    state: PacksUiState,
    actions: PacksActions,
    modifier: Modifier = Modifier,
) {
    LaunchedEffect(actions) { actions.look() }
    if (state.bought != null) {
        LaunchedEffect(state.bought) {
            delay(BOUGHT_MILLISECONDS)
            actions.boughtShown()
        }
    }
    Page("packs", modifier) {
        SectionHeading(stringResource(R.string.packs_heading))
        if (state.isBusy || state.shelf == PackShelf.Loading) LinearProgressIndicator(Modifier.fillMaxWidth())
        if (state.waiting > 0) Waiting(state.waiting)
        when (val shelf = state.shelf) {
            PackShelf.Loading -> {}

            PackShelf.NoStore -> {
                EmptyState(
                    "empty",
                    stringResource(R.string.packs_none),
                    stringResource(R.string.packs_none_text),
                    Modifier.testTag("packs_none"),
                )
            }

            PackShelf.Unreachable -> {
                EmptyState(
                    "empty",
                    stringResource(R.string.packs_unreachable_title),
                    stringResource(R.string.packs_unreachable_text),
                    Modifier.testTag("packs_unreachable"),
                ) { Button(actions::look, Modifier.testTag("look_again")) { Text(stringResource(R.string.retry)) } }
            }

            is PackShelf.Open -> {
                Quiet(stringResource(R.string.packs_text))
                if (shelf.isStandIn) StandIn()
                for (pack in shelf.packs) PackCard(pack, state) { actions.buy(pack) }
            }
        }
    }
}

@Composable
private fun Waiting(count: Int) {
    val scheme = MaterialTheme.colorScheme
    Banner(
        pluralStringResource(R.plurals.packs_waiting, count, count),
        R.drawable.icon_clock,
        scheme.tertiaryContainer,
        scheme.onTertiaryContainer,
        Modifier.testTag("packs_waiting"),
    )
}

@Composable
private fun StandIn() {
    val scheme = MaterialTheme.colorScheme
    Banner(
        stringResource(R.string.packs_stand_in),
        R.drawable.icon_tools,
        scheme.secondaryContainer,
        scheme.onSecondaryContainer,
        Modifier.testTag("packs_stand_in"),
    )
}

@Composable
private fun PackCard(
    pack: Pack,
    state: PacksUiState,
    onBuy: () -> Unit,
) {
    val isBought = state.bought == pack.product
    val words =
        if (isBought) {
            stringResource(R.string.pack_bought)
        } else {
            stringResource(R.string.pack_buy_named, pack.credit.text(), pack.price.text())
        }
    Card(
        Modifier.fillMaxWidth().testTag("pack_${pack.product}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        IconRow(
            R.drawable.icon_purse,
            stringResource(R.string.pack_credit, pack.credit.text()),
            stringResource(R.string.pack_price, pack.price.text()),
        ) {
            Button(
                onBuy,
                Modifier.testTag("buy_${pack.product}").semantics { contentDescription = words },
                enabled = !state.isBusy && state.bought == null,
            ) {
                if (isBought) {
                    Icon(painterResource(R.drawable.icon_check), contentDescription = null, Modifier.size(18.dp))
                    Text(stringResource(R.string.pack_bought), Modifier.padding(start = 6.dp))
                } else {
                    Text(stringResource(R.string.pack_buy))
                }
            }
        }
    }
}
