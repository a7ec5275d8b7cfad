package dev.farthing.sample

import android.content.Context
import android.content.Intent
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.key
import androidx.compose.runtime.produceState
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.farthing.Purchase
import dev.farthing.WalletException
import dev.farthing.sample.purchases.ReceiptActions
import dev.farthing.sample.purchases.ReceiptScreen
import dev.farthing.sample.purchases.ReceiptTax
import dev.farthing.sample.purchases.giveBackOffer
import dev.farthing.sample.wallet.WalletContents
import kotlinx.coroutines.launch

/** The receipt of a purchase, to look at, to share, and to ask for the price back. */
@Composable
internal fun ReceiptPlace(
    shop: ShopApplication,
    models: ScreenModels,
    purchase: Purchase,
    contents: WalletContents,
    modifier: Modifier,
) {
    val context = LocalContext.current
    val scope = rememberCoroutineScope()
    val isOffline by shop.session.isOffline.collectAsStateWithLifecycle()
    val givingBack by models.purchases.givingBack.collectAsStateWithLifecycle()
    val tax by key(purchase.id) {
        produceState<ReceiptTax?>(null, purchase.state, isOffline) {
            value = models.purchases.tax(purchase) ?: value
        }
    }
    val actions =
        remember(shop, models, purchase, scope) {
            object : ReceiptActions {
                override fun share() {
                    scope.launch { shareReceipt(shop, context, purchase.id) }
                }

                override fun giveBack() = models.purchases.giveBack(purchase)
            }
        }
    val offer = giveBackOffer(purchase, contents.catalog, givingBack)
    ReceiptScreen(purchase, purchaseTitle(purchase, contents), tax, offer, actions, modifier)
}

private suspend fun shareReceipt(
    shop: ShopApplication,
    context: Context,
    purchase: String,
) {
    try {
        val receipt = shop.wallet().receipt(purchase)
        val send = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, receipt)
        context.startActivity(Intent.createChooser(send, null))
    } catch (error: WalletException) {
        shop.noticeBoard.show(error.notice())
    }
}
