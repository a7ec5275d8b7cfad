package dev.farthing.sample.cards

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Button
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import dev.farthing.CardDetails
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading

/** Where a card is typed. What was typed is kept in memory only, and is gone after a rotation: it is a PAN. */
@Composable
fun CardForm(
    wrongField: String?,
    isBusy: Boolean,
    onTyping: () -> Unit,
    onAdd: (CardDetails) -> Unit,
    modifier: Modifier = Modifier,
) {
    var number by remember { mutableStateOf("") }
    var month by remember { mutableStateOf("") }
    var year by remember { mutableStateOf("") }
    var cvc by remember { mutableStateOf("") }

    @Composable
    fun field(
        name: String,
        value: String,
        label: Int,
        wrong: Int,
        fieldModifier: Modifier,
        onChange: (String) -> Unit,
    ) {
        val isWrong = wrongField == name
        OutlinedTextField(
            value,
            onValueChange = {
                onTyping()
                onChange(it)
            },
            modifier = fieldModifier.testTag(name),
            label = { Text(stringResource(label)) },
            supportingText = if (isWrong) ({ Text(stringResource(wrong), Modifier.testTag("wrong_$name")) }) else null,
            isError = isWrong,
            singleLine = true,
            keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.NumberPassword),
        )
    }

    Column(modifier, verticalArrangement = Arrangement.spacedBy(8.dp)) {
        SectionHeading(stringResource(R.string.add_card_heading))
        field("number", number, R.string.card_number, R.string.card_number_wrong, Modifier.fillMaxWidth()) {
            number = it
        }
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            field("expiry_month", month, R.string.card_month, R.string.card_month_wrong, Modifier.weight(1f)) {
                month = it
            }
            field("expiry_year", year, R.string.card_year, R.string.card_year_wrong, Modifier.weight(1.2f)) {
                year = it
            }
            field("cvc", cvc, R.string.card_cvc, R.string.card_cvc_wrong, Modifier.weight(1.2f)) { cvc = it }
        }
        Button(
            { onAdd(CardDetails(number, month.toIntOrNull() ?: 0, fullYear(year), cvc)) },
            Modifier.fillMaxWidth().testTag("add_card"),
            enabled = !isBusy,
        ) { Text(stringResource(R.string.add_card)) }
    }
}

/** Cards show two digits of the year. */
internal fun fullYear(typed: String): Int {
    val year = typed.trim().toIntOrNull() ?: return 0
    return if (year in 0..99) 2000 + year else year
}
