package dev.farthing.sample.cards

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import dev.farthing.Card
import dev.farthing.sample.Quiet
import dev.farthing.sample.R

/** Which card pays; where there is none, the way to add one. */
@Composable
fun CardChoice(
    cards: List<Card>,
    chosen: Card?,
    onChoose: (Card) -> Unit,
    onAddCard: () -> Unit,
) {
    Column(Modifier.selectableGroup(), verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Text(stringResource(R.string.from_card), style = MaterialTheme.typography.titleSmall)
        if (cards.isEmpty()) {
            Quiet(stringResource(R.string.card_needed))
            FilledTonalButton(onAddCard, Modifier.testTag("to_cards")) { Text(stringResource(R.string.add_card)) }
        }
        for (card in cards) {
            Row(
                Modifier
                    .fillMaxWidth()
                    .heightIn(min = 48.dp)
                    .selectable(card == chosen, role = Role.RadioButton) { onChoose(card) }
                    .testTag("pay_by_${card.lastFour}"),
                horizontalArrangement = Arrangement.spacedBy(12.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                RadioButton(card == chosen, onClick = null)
                Text(card.title())
            }
        }
    }
}
