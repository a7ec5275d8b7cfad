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
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Brush
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.LayoutDirection
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
        balances.forEachIndexed { index, balance ->
            if (index > 0) HorizontalDivider(color = colours.onPurse.copy(alpha = LINE))
            CurrencyLine(balance)
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

/** Rocks at the far end of a cave, and sparks that rise from it. Mirrored with the language. */
private fun DrawScope.cave(
    ember: Color,
    rock: Color,
) {
    fun x(part: Float) = size.width * if (layoutDirection == LayoutDirection.Rtl) 1 - part else part
    val rocks =
        Path().apply {
            moveTo(x(ROCKS.first().first), 0f)
            ROCKS.forEach { (across, down) -> lineTo(x(across), size.height * down) }
            close()
        }
    drawPath(rocks, rock.copy(alpha = SHADE))
    SPARKS.forEach { (across, down, radius) ->
        val centre = Offset(x(across), size.height * down)
        drawCircle(ember.copy(alpha = HALO), radius * 3.dp.toPx(), centre)
        drawCircle(ember, radius.dp.toPx(), centre)
    }
}

private const val SOFT = 0.86f
private const val LINE = 0.2f
private const val SHADE = 0.55f
private const val HALO = 0.16f
private val TEXT_ON_EMBER = Color(0xFF2B1600)
private val ROCKS =
    listOf(
        0.46f to 0f,
        0.52f to 0.14f,
        0.57f to 0.05f,
        0.64f to 0.30f,
        0.69f to 0.12f,
        0.77f to 0.22f,
        0.83f to 0.46f,
        0.90f to 0.18f,
        1f to 0.34f,
        1f to 0f,
    )
private val SPARKS =
    listOf(
        Triple(0.70f, 0.52f, 1.6f),
        Triple(0.79f, 0.62f, 2.4f),
        Triple(0.86f, 0.56f, 1.2f),
        Triple(0.91f, 0.70f, 1.8f),
    )
