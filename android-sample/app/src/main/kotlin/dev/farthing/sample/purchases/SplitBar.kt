package dev.farthing.sample.purchases

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.Money
import dev.farthing.Split
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.text

/** Who got what of a price, as a picture and in exact amounts. */
@Composable
internal fun SplitBar(
    split: Split,
    isTip: Boolean,
) {
    val scheme = MaterialTheme.colorScheme
    val parts =
        listOf(
            Triple(if (isTip) R.string.split_creator else R.string.split_developer, split.developer, scheme.tertiary),
            Triple(R.string.split_platform, split.platform, scheme.primary),
            Triple(R.string.split_processor, split.processor, scheme.secondary),
        )
    SectionHeading(stringResource(R.string.split_heading))
    Row(Modifier.fillMaxWidth().height(18.dp).clip(CircleShape)) {
        for ((_, money, colour) in parts) {
            // Only the picture is a fraction; the amounts below it are exact.
            val weight = money.micros.toFloat()
            if (weight > 0) Box(Modifier.weight(weight).fillMaxHeight().background(colour))
        }
    }
    for ((label, money, colour) in parts) SplitLine(stringResource(label), money, colour)
}

@Composable
private fun SplitLine(
    label: String,
    money: Money,
    colour: Color,
) {
    Row(
        Modifier.fillMaxWidth().semantics(mergeDescendants = true) { },
        horizontalArrangement = Arrangement.spacedBy(10.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Box(Modifier.size(12.dp).clip(CircleShape).background(colour))
        Text(label, Modifier.weight(1f), style = MaterialTheme.typography.bodyLarge)
        Text(money.text(), style = MaterialTheme.typography.bodyLarge)
    }
}
