package dev.farthing.sample.shop

import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.sample.R
import dev.farthing.sample.itemTitle
import dev.farthing.sample.text

/** Buys one, at its price. TalkBack says what. */
@Composable
internal fun BuyButton(
    item: ShelfItem,
    onBuy: () -> Unit,
) {
    val title = itemTitle(item.item.sku, item.item)
    val price = item.item.price.text()
    val words =
        if (item.isOwnedForEver) {
            stringResource(R.string.owned_named, title)
        } else {
            stringResource(R.string.buy_named, title, price)
        }
    Button(
        onBuy,
        Modifier
            .fillMaxWidth()
            .heightIn(min = 48.dp)
            .testTag("buy_${item.item.sku}")
            .semantics { contentDescription = words },
        enabled = !item.isOwnedForEver && !item.isBuying,
        colors =
            ButtonDefaults.buttonColors(
                containerColor = MaterialTheme.colorScheme.secondary,
                contentColor = MaterialTheme.colorScheme.onSecondary,
            ),
    ) {
        if (item.isOwnedForEver) {
            Icon(painterResource(R.drawable.icon_check), contentDescription = null, Modifier.size(18.dp))
            Text(stringResource(R.string.owned), Modifier.padding(start = 6.dp))
        } else {
            Text(price, style = MaterialTheme.typography.titleMedium)
        }
    }
}
