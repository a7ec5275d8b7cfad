package dev.farthing.sample.cards

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.key
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.farthing.CardDetails
import dev.farthing.CardState
import dev.farthing.Money
import dev.farthing.sample.EmptyState
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.Card as PaymentCard

/** Cards in the vault, topping up, and a new card. */
@Composable
fun CardsScreen(
    state: CardsUiState,
    onTyping: () -> Unit,
    onAdd: (CardDetails, onAdded: () -> Unit) -> Unit,
    onRemove: (PaymentCard) -> Unit,
    onTopUp: (Money, PaymentCard) -> Unit,
    onConfirmed: () -> Unit,
    modifier: Modifier = Modifier,
) {
    var chosen by rememberSaveable { mutableStateOf<String?>(null) }
    // A new form, and nothing of the old one, once a card was added.
    var forms by rememberSaveable { mutableIntStateOf(0) }
    val card = state.cards.find { it.id == chosen } ?: state.cards.firstOrNull()
    Column(
        modifier
            .fillMaxSize()
            .verticalScroll(rememberScrollState())
            .padding(16.dp)
            .testTag("cards"),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        if (state.isBusy) LinearProgressIndicator(Modifier.fillMaxWidth())
        state.openTopUp?.let { TopUpBanner(it, onConfirmed) }
        if (card == null) {
            EmptyState("empty", stringResource(R.string.cards_empty), stringResource(R.string.cards_empty_text))
        } else {
            SectionHeading(stringResource(R.string.top_up_heading))
            TopUpAmounts(state.advice, isEnabled = !state.isBusy && state.openTopUp == null) { onTopUp(it, card) }
            SectionHeading(stringResource(R.string.cards_heading))
            state.cards.forEach { CardRow(it, it == card, onChoose = { chosen = it.id }, onRemove = { onRemove(it) }) }
        }
        key(forms) {
            CardForm(state.wrongField, state.isBusy, onTyping, onAdd = { details -> onAdd(details) { forms++ } })
        }
    }
}

@Composable
private fun CardRow(
    card: PaymentCard,
    isChosen: Boolean,
    onChoose: () -> Unit,
    onRemove: () -> Unit,
) {
    Card(
        Modifier.fillMaxWidth().testTag("card_${card.lastFour}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
    ) {
        Row(Modifier.padding(8.dp), verticalAlignment = Alignment.CenterVertically) {
            RadioButton(isChosen, onChoose)
            Column(Modifier.weight(1f)) {
                Text(
                    card.title(),
                    style = MaterialTheme.typography.titleMedium,
                )
                Text(
                    when (card.state) {
                        CardState.ACTIVE -> stringResource(R.string.card_expiry, card.expiryMonth, card.expiryYear)
                        CardState.EXPIRING -> stringResource(R.string.card_expiring)
                        CardState.EXPIRED -> stringResource(R.string.card_expired)
                    },
                    style = MaterialTheme.typography.bodyMedium,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                )
            }
            IconButton(onRemove) {
                Icon(
                    painterResource(R.drawable.icon_delete),
                    stringResource(R.string.remove_card_named, card.lastFour),
                )
            }
        }
    }
}
