package dev.farthing.sample.shop

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.selection.toggleable
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Switch
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.BundledItem
import dev.farthing.Pass
import dev.farthing.PassState
import dev.farthing.sample.ItemPicture
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.itemDescription
import dev.farthing.sample.itemTitle
import dev.farthing.sample.text

/** A pass or a bundle, in a row of its own: what is in it, or how long the player has it, and whether it is renewed. */
@Composable
fun SetCard(
    item: ShelfItem,
    onBuy: () -> Unit,
    onGrantedShown: () -> Unit,
    modifier: Modifier = Modifier,
    onRenewal: (agrees: Boolean) -> Unit,
) {
    GrantedMoment(item, onGrantedShown)
    Card(
        modifier.fillMaxWidth().testTag("item_${item.item.sku}"),
        colors = CardDefaults.cardColors(MaterialTheme.colorScheme.surfaceContainerLow),
        shape = MaterialTheme.shapes.medium,
        elevation = CardDefaults.cardElevation(defaultElevation = 1.dp),
    ) {
        Column(Modifier.padding(12.dp), verticalArrangement = Arrangement.spacedBy(10.dp)) {
            Row(
                horizontalArrangement = Arrangement.spacedBy(16.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                PictureWithMarks(item)
                Column(verticalArrangement = Arrangement.spacedBy(4.dp)) {
                    Text(
                        itemTitle(item.item.sku, item.item),
                        Modifier.semantics { heading() },
                        style = MaterialTheme.typography.titleMedium,
                    )
                    Quiet(itemDescription(item.item.sku, item.item))
                    item.pass?.let { Quiet(passWords(it), Modifier.testTag("pass_${it.sku}")) }
                    if (item.item.contents.isNotEmpty()) Contents(item.item.contents)
                }
            }
            BuyButton(item, onBuy)
            val pass = item.runningPass
            if (pass != null && item.item.pass?.mayRenew == true) Renewal(item, pass, onRenewal)
        }
    }
}

@Composable
private fun passWords(pass: Pass): String =
    when (pass.state) {
        PassState.ACTIVE -> stringResource(R.string.pass_until, pass.endsAt.text())
        PassState.GRACE -> stringResource(R.string.pass_grace, pass.graceEndsAt.text())
        PassState.ENDED -> stringResource(R.string.pass_over)
    }

/** The player's word on the price: the wallet renews the pass for that or less, and for no more. */
@Composable
private fun Renewal(
    item: ShelfItem,
    pass: Pass,
    onRenewal: (agrees: Boolean) -> Unit,
) {
    val price = pass.renewal ?: item.item.price
    Row(
        Modifier
            .fillMaxWidth()
            .heightIn(min = 48.dp)
            .toggleable(pass.renewal != null, role = Role.Switch, onValueChange = onRenewal)
            .testTag("renew_${pass.sku}"),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Text(
            stringResource(R.string.pass_renew, price.text()),
            Modifier.weight(1f),
            style = MaterialTheme.typography.bodyMedium,
        )
        Switch(pass.renewal != null, onCheckedChange = null)
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Contents(contents: List<BundledItem>) {
    FlowRow(horizontalArrangement = Arrangement.spacedBy(12.dp), verticalArrangement = Arrangement.spacedBy(6.dp)) {
        for (content in contents) {
            Row(
                Modifier.semantics(mergeDescendants = true) { },
                horizontalArrangement = Arrangement.spacedBy(6.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                ItemPicture(content.sku, 30.dp)
                Text(
                    stringResource(R.string.receipt_quantity, content.quantity, itemTitle(content.sku, null)),
                    style = MaterialTheme.typography.labelMedium,
                )
            }
        }
    }
}
