package dev.farthing.sample.autotopup

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.selection.toggleable
import androidx.compose.material3.Button
import androidx.compose.material3.Checkbox
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import dev.farthing.AutoTopUp
import dev.farthing.Money
import dev.farthing.sample.AmountChoice
import dev.farthing.sample.R
import dev.farthing.sample.cards.CardChoice
import dev.farthing.sample.cards.title
import dev.farthing.sample.text
import dev.farthing.sample.wallet.SHOP_CURRENCY

private val BELOW = listOf("1", "2", "5").map { Money(it, SHOP_CURRENCY) }
private val AMOUNTS = listOf("5", "10", "20").map { Money(it, SHOP_CURRENCY) }
private val CAPS = listOf("20", "50", "100").map { Money(it, SHOP_CURRENCY) }

/** When, how much, from which card, how much in a month; and the player's word for just that. */
@Composable
internal fun ConsentForm(
    state: AutoTopUpUiState,
    onAgree: (AutoTopUp) -> Unit,
    onCards: () -> Unit,
) {
    var below by rememberSaveable { mutableIntStateOf(0) }
    var amount by rememberSaveable { mutableIntStateOf(0) }
    var cap by rememberSaveable { mutableIntStateOf(0) }
    var chosen by rememberSaveable { mutableStateOf<String?>(null) }
    val card = state.cards.find { it.id == chosen } ?: state.cards.firstOrNull()
    // Their word is for just these: what is changed has to be agreed to anew.
    var agrees by rememberSaveable(below, amount, cap, card?.id) { mutableStateOf(false) }

    AmountChoice(stringResource(R.string.auto_below), BELOW, below, "auto_below") { below = it }
    AmountChoice(stringResource(R.string.auto_amount), AMOUNTS, amount, "auto_amount") { amount = it }
    AmountChoice(stringResource(R.string.auto_cap), CAPS, cap, "auto_cap") { cap = it }
    CardChoice(state.cards, card, onChoose = { chosen = it.id }, onAddCard = onCards)
    if (card == null) return
    val words =
        stringResource(
            R.string.auto_consent,
            BELOW[below].text(),
            AMOUNTS[amount].text(),
            card.title(),
            CAPS[cap].text(),
        )
    Row(
        Modifier
            .fillMaxWidth()
            .heightIn(min = 48.dp)
            .toggleable(agrees, role = Role.Checkbox) { agrees = it }
            .testTag("auto_consent"),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Checkbox(agrees, onCheckedChange = null)
        Text(words, style = MaterialTheme.typography.bodyMedium)
    }
    Button(
        { onAgree(AutoTopUp(BELOW[below], AMOUNTS[amount], card.id, CAPS[cap])) },
        Modifier.fillMaxWidth().testTag("auto_agree"),
        enabled = agrees && !state.isBusy,
    ) { Text(stringResource(R.string.auto_switch_on)) }
}
