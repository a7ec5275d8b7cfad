package dev.farthing.sample.shop

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.draw.drawBehind
import androidx.compose.ui.graphics.Brush
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.CurrencyBalance
import dev.farthing.sample.R
import dev.farthing.sample.text
import dev.farthing.sample.theme.LocalGameColours

/** What the player has: in all, without a connection, and what still waits for the gateway. */
@Composable
fun Purse(
    balances: List<CurrencyBalance>,
    waiting: Int,
    isOffline: Boolean,
    onTopUp: () -> Unit,
    modifier: Modifier = Modifier,
) {
    val colours = LocalGameColours.current
    Column(
        modifier
            .fillMaxWidth()
            .clip(MaterialTheme.shapes.large)
            .background(Brush.verticalGradient(listOf(colours.purseTop, colours.purseBottom)))
            .drawBehind { cave(colours.ember, colours.purseBottom) }
            .padding(20.dp)
            .testTag("purse"),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        Text(
            stringResource(R.string.purse_heading),
            Modifier.semantics { heading() },
            style = MaterialTheme.typography.titleMedium,
            color = colours.onPurse.copy(alpha = SOFT),
        )
        balances.firstOrNull()?.let { CurrencyLine(it) }
        if (balances.size > 1) {
            HorizontalDivider(color = colours.onPurse.copy(alpha = LINE))
            OtherCurrencies(balances.drop(1))
        }
        PurseFoot(waiting, isOffline, onTopUp)
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun CurrencyLine(balance: CurrencyBalance) {
    val colours = LocalGameColours.current
    val currency = balance.total.currency
    Column(Modifier.semantics(mergeDescendants = true) { }.testTag("balance_$currency")) {
        Text(
            balance.total.text(),
            Modifier.testTag("total_$currency"),
            style = MaterialTheme.typography.displaySmall,
            color = colours.onPurse,
        )
        FlowRow(horizontalArrangement = Arrangement.spacedBy(16.dp)) {
            Text(
                stringResource(R.string.spendable_offline, balance.offlineSpendable.text()),
                style = MaterialTheme.typography.bodyMedium,
                color = colours.onPurse.copy(alpha = SOFT),
            )
            if (!balance.pending.isZero) {
                Text(
                    stringResource(R.string.pending, balance.pending.text()),
                    style = MaterialTheme.typography.bodyMedium,
                    color = colours.ember,
                )
            }
        }
    }
}

/** What else the player has: other money, and the game's own. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun OtherCurrencies(balances: List<CurrencyBalance>) {
    val colours = LocalGameColours.current
    FlowRow(
        horizontalArrangement = Arrangement.spacedBy(28.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        for (balance in balances) {
            val currency = balance.total.currency
            Column(Modifier.semantics(mergeDescendants = true) { }.testTag("balance_$currency")) {
                Text(
                    balance.total.text(),
                    Modifier.testTag("total_$currency"),
                    style = MaterialTheme.typography.titleLarge,
                    color = colours.onPurse,
                )
                if (balance.offlineSpendable != balance.total) {
                    Text(
                        stringResource(R.string.spendable_offline, balance.offlineSpendable.text()),
                        style = MaterialTheme.typography.bodySmall,
                        color = colours.onPurse.copy(alpha = SOFT),
                    )
                }
            }
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun PurseFoot(
    waiting: Int,
    isOffline: Boolean,
    onTopUp: () -> Unit,
) {
    val colours = LocalGameColours.current
    FlowRow(
        Modifier.fillMaxWidth(),
        horizontalArrangement = Arrangement.SpaceBetween,
        verticalArrangement = Arrangement.spacedBy(8.dp),
        itemVerticalAlignment = Alignment.CenterVertically,
    ) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
            val icon = if (waiting == 0) R.drawable.icon_check else R.drawable.icon_clock
            val words =
                when {
                    waiting > 0 -> pluralStringResource(R.plurals.waiting, waiting, waiting)
                    isOffline -> stringResource(R.string.offline_and_settled)
                    else -> stringResource(R.string.all_settled)
                }
            Icon(painterResource(icon), contentDescription = null, Modifier.size(18.dp), tint = colours.onPurse)
            Text(
                words,
                Modifier.testTag("waiting"),
                style = MaterialTheme.typography.labelLarge,
                color = colours.onPurse,
            )
        }
        Button(
            onTopUp,
            Modifier.testTag("top_up"),
            colors = ButtonDefaults.buttonColors(colours.ember, TEXT_ON_EMBER),
        ) {
            Icon(painterResource(R.drawable.icon_plus), contentDescription = null, Modifier.size(18.dp))
            Text(stringResource(R.string.top_up), Modifier.padding(start = 8.dp))
        }
    }
}

private const val SOFT = 0.86f
private const val LINE = 0.2f
private val TEXT_ON_EMBER = Color(0xFF2B1600)
