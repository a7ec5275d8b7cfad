package dev.farthing.sample.limits

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Button
import androidx.compose.material3.FilterChip
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.input.PasswordVisualTransformation
import androidx.compose.ui.unit.dp
import dev.farthing.SpendingLimits
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.screenLocale
import dev.farthing.sample.wallet.SHOP_CURRENCY
import java.util.Currency

/** Limits to set: the player's own, or a guardian's with the PIN. */
@Composable
internal fun LimitsForm(
    state: LimitsUiState,
    onSet: (SpendingLimits, pin: String?) -> Unit,
) {
    var isGuardian by rememberSaveable { mutableStateOf(false) }
    val holds = if (isGuardian) state.shown?.guardian else state.shown?.player
    // Kept in memory only, as the PIN is: what holds is read anew with the screen.
    var fields by remember(holds, isGuardian) { mutableStateOf(typed(holds ?: SpendingLimits())) }
    var pin by remember(holds, isGuardian) { mutableStateOf("") }
    val shownFields = LimitField.entries.filter { isGuardian || !it.isGuardians }

    SectionHeading(stringResource(R.string.limits_set_heading))
    Setter(isGuardian) { isGuardian = it }
    Quiet(stringResource(if (isGuardian) guardianWords(state) else R.string.limits_own_text))
    LimitFields(shownFields, fields) { field, text -> fields = fields + (field to text) }
    if (isGuardian) PinField(pin, "guardian_pin") { pin = it }
    Button(
        { onSet(limits(fields.filterKeys { it in shownFields }), pin.takeIf { isGuardian }) },
        Modifier.fillMaxWidth().testTag("set_limits"),
        enabled = !state.isBusy && fields.values.all(::isLimit) && (!isGuardian || pin.isNotEmpty()),
    ) { Text(stringResource(R.string.limits_set_button)) }
}

private fun guardianWords(state: LimitsUiState): Int =
    if (state.limits?.hasGuardian == true) R.string.limits_guardian_text else R.string.limits_first_pin_text

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Setter(
    isGuardian: Boolean,
    onChoose: (isGuardian: Boolean) -> Unit,
) {
    FlowRow(Modifier.selectableGroup(), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        FilterChip(
            selected = !isGuardian,
            onClick = { onChoose(false) },
            label = { Text(stringResource(R.string.limits_own)) },
            modifier = Modifier.testTag("as_player"),
        )
        FilterChip(
            selected = isGuardian,
            onClick = { onChoose(true) },
            label = { Text(stringResource(R.string.limits_guardian)) },
            modifier = Modifier.testTag("as_guardian"),
        )
    }
}

@Composable
private fun LimitFields(
    shown: List<LimitField>,
    fields: Map<LimitField, String>,
    onChange: (LimitField, String) -> Unit,
) {
    val sign = Currency.getInstance(SHOP_CURRENCY).getSymbol(screenLocale)
    Column(verticalArrangement = Arrangement.spacedBy(6.dp)) {
        for (field in shown) {
            val text = fields[field].orEmpty()
            OutlinedTextField(
                text,
                { onChange(field, it) },
                Modifier.fillMaxWidth().testTag("limit_field_$field"),
                label = { Text(stringResource(field.label)) },
                prefix = { Text(sign) },
                placeholder = { Text(stringResource(R.string.limit_open)) },
                isError = !isLimit(text),
                supportingText = if (isLimit(text)) null else ({ Text(stringResource(R.string.limit_wrong)) }),
                singleLine = true,
                keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.Decimal),
            )
        }
    }
}

/** Where a guardian types the PIN. It is kept in memory only, for as long as the field is there. */
@Composable
internal fun PinField(
    pin: String,
    tag: String,
    onChange: (String) -> Unit,
) {
    OutlinedTextField(
        pin,
        onChange,
        Modifier.widthIn(max = 220.dp).testTag(tag),
        label = { Text(stringResource(R.string.guardian_pin)) },
        singleLine = true,
        visualTransformation = PasswordVisualTransformation(),
        keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.NumberPassword),
    )
}
