package dev.farthing.sample

import android.content.Intent
import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.viewModels
import androidx.compose.runtime.CompositionLocalProvider
import androidx.lifecycle.createSavedStateHandle
import androidx.lifecycle.lifecycleScope
import androidx.lifecycle.viewmodel.initializer
import androidx.lifecycle.viewmodel.viewModelFactory
import dev.farthing.sample.autotopup.AutoTopUpViewModel
import dev.farthing.sample.bag.BagViewModel
import dev.farthing.sample.cards.CardsViewModel
import dev.farthing.sample.limits.LimitsViewModel
import dev.farthing.sample.packs.PacksViewModel
import dev.farthing.sample.purchases.PurchasesViewModel
import dev.farthing.sample.shop.ShopViewModel
import dev.farthing.sample.tab.TabViewModel
import dev.farthing.sample.theme.EmberdeepTheme
import dev.farthing.sample.tips.TipsViewModel
import dev.farthing.sample.tools.ToolsViewModel
import dev.farthing.sample.villagers.VillagersViewModel
import kotlinx.coroutines.launch

/**
 * The shop. QA can start it at a gateway of its own:
 * `adb shell am start -n dev.farthing.sample/.MainActivity --es publishable_key pk_test_…`, with
 * `gateway`, `root_key`, `enrolment_token` (whose a new wallet is) and `stores` (a stand-in for the store) likewise.
 */
class MainActivity : ComponentActivity() {
    private val shop get() = application as ShopApplication
    private val factory =
        viewModelFactory {
            initializer { ShopViewModel(shop.session, shop.noticeBoard, createSavedStateHandle()) }
            initializer { BagViewModel(shop.session, shop.noticeBoard, createSavedStateHandle()) }
            initializer { PurchasesViewModel(shop.session, shop.noticeBoard) }
            initializer { CardsViewModel(shop.session, shop.noticeBoard) }
            initializer { PacksViewModel(shop.session, shop::packStore, shop.noticeBoard) }
            initializer { TipsViewModel(shop.session, shop.noticeBoard, createSavedStateHandle()) }
            initializer { VillagersViewModel(shop.session, shop.noticeBoard) }
            initializer { AutoTopUpViewModel(shop.session, shop.noticeBoard) }
            initializer { TabViewModel(shop.session, shop.noticeBoard) }
            initializer { LimitsViewModel(shop.session, shop.noticeBoard) }
            initializer { ToolsViewModel(shop.session, shop.noticeBoard) }
        }
    private val models by lazy {
        ScreenModels(
            shop = viewModels<ShopViewModel> { factory }.value,
            bag = viewModels<BagViewModel> { factory }.value,
            purchases = viewModels<PurchasesViewModel> { factory }.value,
            cards = viewModels<CardsViewModel> { factory }.value,
            packs = viewModels<PacksViewModel> { factory }.value,
            tips = viewModels<TipsViewModel> { factory }.value,
            villagers = viewModels<VillagersViewModel> { factory }.value,
            autoTopUp = viewModels<AutoTopUpViewModel> { factory }.value,
            tab = viewModels<TabViewModel> { factory }.value,
            limits = viewModels<LimitsViewModel> { factory }.value,
            tools = viewModels<ToolsViewModel> { factory }.value,
        )
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        if (savedInstanceState == null) useExtras(intent)
        setContent {
            CompositionLocalProvider(LocalShownTime provides shop::shownTime) {
                EmberdeepTheme { ShopApp(shop, models) }
            }
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        useExtras(intent)
    }

    private fun useExtras(intent: Intent) {
        val settings = shop.session.settings.value
        val wanted =
            settings.copy(
                gateway = intent.getStringExtra("gateway") ?: settings.gateway,
                publishableKey = intent.getStringExtra("publishable_key") ?: settings.publishableKey,
                rootKey = intent.getStringExtra("root_key") ?: settings.rootKey,
                enrolmentToken = intent.getStringExtra("enrolment_token")?.trim() ?: settings.enrolmentToken,
                stores = intent.getStringExtra("stores") ?: settings.stores,
            )
        if (wanted != settings) lifecycleScope.launch { shop.session.change(wanted) }
    }
}
