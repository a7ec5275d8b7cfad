package dev.farthing.sample.cards

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.Money
import dev.farthing.TopUpAdvice
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.screenLocale
import dev.farthing.sample.shareText
import dev.farthing.sample.text
import dev.farthing.sample.wallet.SHOP_CURRENCY

/** What may be topped up by one tap before the prices, and with them the wallet's advice, are there. */
private val FIRST_AMOUNTS = listOf("5", "10", "20").map { Money(it, SHOP_CURRENCY) }

/** What may be topped up by one tap, and what fees take of the least and of the most. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
internal fun TopUpAmounts(
    advice: List<TopUpAdvice>,
    isEnabled: Boolean,
    onTopUp: (Money) -> Unit,
) {
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        for (amount in advice.map(TopUpAdvice::amount).ifEmpty { FIRST_AMOUNTS }) {
            val words = stringResource(R.string.top_up_amount, amount.text())
            FilledTonalButton(
                { onTopUp(amount) },
                Modifier.testTag("top_up_${amount.amount}").semantics { contentDescription = words },
                enabled = isEnabled,
            ) { Text(amount.text()) }
        }
    }
    if (advice.isNotEmpty()) Quiet(feeWords(advice.first(), advice.last()), Modifier.testTag("top_up_fees"))
}

@Composable
private fun feeWords(
    least: TopUpAdvice,
    most: TopUpAdvice,
): String {
    val ofLeast = shareText(least.feePerMillion, screenLocale)
    val ofMost = shareText(most.feePerMillion, screenLocale)
    return if (least == most) {
        stringResource(R.string.top_up_fee, ofLeast, least.amount.text())
    } else {
        stringResource(R.string.top_up_fees, ofLeast, least.amount.text(), ofMost, most.amount.text())
    }
}
