package dev.farthing.sample

import android.content.Context
import android.content.Intent
import androidx.activity.compose.BackHandler
import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Button
import androidx.compose.material3.DrawerValue
import androidx.compose.material3.Icon
import androidx.compose.material3.ModalDrawerSheet
import androidx.compose.material3.ModalNavigationDrawer
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.SnackbarHost
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Text
import androidx.compose.material3.rememberDrawerState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.Density
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.farthing.WalletException
import dev.farthing.sample.bag.BagScreen
import dev.farthing.sample.bag.BagViewModel
import dev.farthing.sample.cards.CardsScreen
import dev.farthing.sample.cards.CardsViewModel
import dev.farthing.sample.cards.TopUpBanner
import dev.farthing.sample.purchases.PurchasesScreen
import dev.farthing.sample.purchases.ReceiptScreen
import dev.farthing.sample.setup.SetupScreen
import dev.farthing.sample.shop.LoadingScreen
import dev.farthing.sample.shop.ShopScreen
import dev.farthing.sample.shop.ShopUiState
import dev.farthing.sample.shop.ShopViewModel
import dev.farthing.sample.tools.Fault
import dev.farthing.sample.tools.ToolActions
import dev.farthing.sample.tools.ToolsScreen
import dev.farthing.sample.tools.ToolsViewModel
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.ShopSettings
import dev.farthing.sample.wallet.WalletContents
import kotlinx.coroutines.launch

/** What the screens are drawn from. */
class ScreenModels(
    val shop: ShopViewModel,
    val bag: BagViewModel,
    val cards: CardsViewModel,
    val tools: ToolsViewModel,
)

/** The four rooms of the shop. */
enum class Tab(
    @param:StringRes val title: Int,
    @param:DrawableRes val icon: Int,
) {
    SHOP(R.string.tab_shop, R.drawable.icon_shop),
    BAG(R.string.tab_bag, R.drawable.icon_bag),
    PURCHASES(R.string.tab_purchases, R.drawable.icon_receipt),
    CARDS(R.string.tab_cards, R.drawable.icon_card),
}

private const val LABEL_SCALE_MAX = 1.3f

/** The whole app: a room, the bars around it, and the testers' drawer. */
@Composable
fun ShopApp(
    shop: ShopApplication,
    models: ScreenModels,
) {
    val drawer = rememberDrawerState(DrawerValue.Closed)
    val scope = rememberCoroutineScope()
    val tools by models.tools.uiState.collectAsStateWithLifecycle()
    BackHandler(drawer.isOpen) { scope.launch { drawer.close() } }
    ModalNavigationDrawer(
        drawerState = drawer,
        gesturesEnabled = drawer.isOpen,
        drawerContent = {
            ModalDrawerSheet { ToolsScreen(tools, remember(models, shop) { toolActions(shop, models.tools) }) }
        },
    ) {
        Rooms(shop, models) { scope.launch { drawer.open() } }
    }
}

@Composable
private fun Rooms(
    shop: ShopApplication,
    models: ScreenModels,
    onTools: () -> Unit,
) {
    val session by shop.session.state.collectAsStateWithLifecycle()
    val isOffline by shop.session.isOffline.collectAsStateWithLifecycle()
    val contents by shop.session.contents.collectAsStateWithLifecycle()
    var tab by rememberSaveable { mutableStateOf(Tab.SHOP) }
    var receipt by rememberSaveable { mutableStateOf<String?>(null) }
    val snackbar = remember { SnackbarHostState() }
    val context = LocalContext.current
    val locale = screenLocale
    LaunchedEffect(shop, locale) {
        shop.noticeBoard.notices.collect { snackbar.showSnackbar(it.text(locale, context.resources::getString)) }
    }
    val isOpen = session is SessionState.Open
    val purchase = contents?.purchases?.find { it.id == receipt }
    BackHandler(purchase != null) { receipt = null }
    Scaffold(
        topBar = {
            ShopTopBar(
                canGoBack = purchase != null,
                isOffline = isOffline.takeIf { isOpen },
                onBack = { receipt = null },
                onOffline = shop.session::setOffline,
                onTools = onTools,
            )
        },
        bottomBar = {
            if (isOpen) {
                Tabs(tab) {
                    tab = it
                    receipt = null
                }
            }
        },
        snackbarHost = { SnackbarHost(snackbar, Modifier.testTag("notice")) },
    ) { padding ->
        val modifier = Modifier.padding(padding)
        when (val now = session) {
            SessionState.Opening -> {
                LoadingScreen(modifier)
            }

            SessionState.SetupNeeded -> {
                SetupScreen(shop.session.settings.value, models.tools::change, modifier)
            }

            is SessionState.Failed -> {
                ClosedShop(now.why, R.string.open_tools, modifier, onTools)
            }

            is SessionState.Open -> {
                if (purchase != null) {
                    val scope = rememberCoroutineScope()
                    ReceiptScreen(
                        purchase,
                        itemTitle(purchase.sku, contents?.catalog?.get(purchase.sku)),
                        onShare = { scope.launch { shareReceipt(shop, context, purchase.id) } },
                        modifier,
                    )
                } else {
                    Room(tab, models, contents ?: WalletContents(), modifier, { receipt = it }) { tab = it }
                }
            }
        }
    }
}

@Composable
private fun Room(
    tab: Tab,
    models: ScreenModels,
    contents: WalletContents,
    modifier: Modifier,
    onReceipt: (String) -> Unit,
    onTab: (Tab) -> Unit,
) {
    when (tab) {
        Tab.SHOP -> {
            val state by models.shop.uiState.collectAsStateWithLifecycle()
            when (val shelves = state) {
                ShopUiState.Loading -> {
                    LoadingScreen(modifier)
                }

                is ShopUiState.Unreachable -> {
                    ClosedShop(shelves.error.notice(), R.string.retry, modifier, models.cards::sync)
                }

                is ShopUiState.Open -> {
                    ShopScreen(
                        shelves,
                        onBuy = models.shop::buy,
                        onGrantedShown = models.shop::grantedShown,
                        onTopUp = { onTab(Tab.CARDS) },
                        modifier = modifier,
                        topUpBanner = { shelves.openTopUp?.let { TopUpBanner(it, models.cards::sync) } },
                    )
                }
            }
        }

        Tab.BAG -> {
            val items by models.bag.items.collectAsStateWithLifecycle()
            BagScreen(items.orEmpty(), models.bag::use, { onTab(Tab.SHOP) }, modifier)
        }

        Tab.PURCHASES -> {
            PurchasesScreen(contents.purchases, contents.catalog, { onReceipt(it.id) }, modifier)
        }

        Tab.CARDS -> {
            val state by models.cards.uiState.collectAsStateWithLifecycle()
            CardsScreen(
                state,
                onTyping = models.cards::typing,
                onAdd = models.cards::add,
                onRemove = models.cards::remove,
                onTopUp = models.cards::topUp,
                onConfirmed = models.cards::sync,
                modifier = modifier,
            )
        }
    }
}

@Composable
private fun ClosedShop(
    why: Notice,
    @StringRes action: Int,
    modifier: Modifier,
    onAction: () -> Unit,
) {
    EmptyState(
        "empty",
        stringResource(R.string.unreachable_title),
        why.text(),
        modifier.testTag("closed_shop"),
    ) { Button(onAction, Modifier.testTag("retry")) { Text(stringResource(action)) } }
}

@Composable
private fun Tabs(
    chosen: Tab,
    onChoose: (Tab) -> Unit,
) {
    NavigationBar {
        val density = LocalDensity.current
        // Four words have to fit side by side; the rooms themselves have letters of any size.
        val letters = Density(density.density, density.fontScale.coerceAtMost(LABEL_SCALE_MAX))
        for (tab in Tab.entries) {
            NavigationBarItem(
                selected = tab == chosen,
                onClick = { onChoose(tab) },
                icon = { Icon(painterResource(tab.icon), contentDescription = null) },
                label = {
                    CompositionLocalProvider(LocalDensity provides letters) {
                        Text(stringResource(tab.title), maxLines = 1)
                    }
                },
                modifier = Modifier.testTag("tab_$tab"),
            )
        }
    }
}

private fun toolActions(
    shop: ShopApplication,
    tools: ToolsViewModel,
) = object : ToolActions {
    override fun sync() = tools.sync()

    override fun order(fault: Fault) = tools.order(fault)

    override fun kill() = shop.kill()

    override fun skewClock(hours: Int) = tools.skewClock(hours)

    override fun change(settings: ShopSettings) = tools.change(settings)

    override fun erase() = tools.erase()
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
