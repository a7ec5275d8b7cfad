package dev.farthing.sample.tab

import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.Button
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import dev.farthing.Card
import dev.farthing.Money
import dev.farthing.Tab
import dev.farthing.TabState
import dev.farthing.sample.AmountChoice
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.cards.BankBanner
import dev.farthing.sample.cards.CardChoice
import dev.farthing.sample.text
import dev.farthing.sample.wallet.SHOP_CURRENCY

/** What a tab may be opened for. */
private val LIMITS = listOf("5", "10", "20").map { Money(it, SHOP_CURRENCY) }

/** What the player can do with a tab. */
interface TabActions {
    fun open(
        limit: Money,
        card: Card,
    )

    fun close(tab: Tab)

    /** The player was on the bank's page. */
    fun confirmed()

    fun goToCards()
}

/** The tab: opened, owed, paid. */
@Composable
fun TabScreen(
    state: TabUiState,
    actions: TabActions,
    modifier: Modifier = Modifier,
) {
    Page("pay_tab", modifier) {
        SectionHeading(stringResource(R.string.tab_heading))
        if (state.isBusy) LinearProgressIndicator(Modifier.fillMaxWidth())
        val tab = state.tab
        if (tab == null) {
            NewTab(state, actions)
            return@Page
        }
        when (val now = tab.state) {
            TabState.Created, TabState.Processing -> {
                BankBanner(stringResource(R.string.tab_waiting, tab.limit.text()), page = null, actions::confirmed)
            }

            is TabState.RequiresAction -> {
                BankBanner(stringResource(R.string.tab_action, tab.limit.text()), now.url, actions::confirmed)
            }

            TabState.Open, TabState.Closing -> {
                RunningTab(tab, state, actions)
            }

            is TabState.Failed, is TabState.Closed, is TabState.Disputed, is TabState.ChargedBack -> {
                DueTab(tab, state, actions)
            }
        }
    }
}

@Composable
private fun NewTab(
    state: TabUiState,
    actions: TabActions,
) {
    var limit by rememberSaveable { mutableIntStateOf(1) }
    var chosen by rememberSaveable { mutableStateOf<String?>(null) }
    val card = state.cards.find { it.id == chosen } ?: state.cards.firstOrNull()
    Quiet(stringResource(R.string.tab_text))
    AmountChoice(stringResource(R.string.tab_limit), LIMITS, limit, "tab_limit") { limit = it }
    CardChoice(state.cards, card, onChoose = { chosen = it.id }, onAddCard = actions::goToCards)
    Quiet(stringResource(R.string.tab_terms))
    Button(
        { card?.let { actions.open(LIMITS[limit], it) } },
        Modifier.fillMaxWidth().testTag("open_pay_tab"),
        enabled = card != null && !state.isBusy,
    ) { Text(stringResource(R.string.tab_open, LIMITS[limit].text())) }
}
