package dev.farthing.sample

import androidx.activity.compose.BackHandler
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Button
import androidx.compose.material3.DrawerValue
import androidx.compose.material3.ModalDrawerSheet
import androidx.compose.material3.ModalNavigationDrawer
import androidx.compose.material3.Scaffold
import androidx.compose.material3.SnackbarHost
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Text
import androidx.compose.material3.rememberDrawerState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.farthing.sample.setup.SetupScreen
import dev.farthing.sample.shop.LoadingScreen
import dev.farthing.sample.tab.TabStrip
import dev.farthing.sample.tools.Fault
import dev.farthing.sample.tools.ToolActions
import dev.farthing.sample.tools.ToolsScreen
import dev.farthing.sample.tools.ToolsViewModel
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.ShopSettings
import dev.farthing.sample.wallet.WalletContents
import kotlinx.coroutines.launch

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
        Frame(shop, models) { scope.launch { drawer.open() } }
    }
}

@Composable
private fun Frame(
    shop: ShopApplication,
    models: ScreenModels,
    onTools: () -> Unit,
) {
    val session by shop.session.state.collectAsStateWithLifecycle()
    val isOffline by shop.session.isOffline.collectAsStateWithLifecycle()
    val contents by shop.session.contents.collectAsStateWithLifecycle()
    val whereabouts = rememberWhereabouts()
    val snackbar = remember { SnackbarHostState() }
    val context = LocalContext.current
    val locale = screenLocale
    LaunchedEffect(shop, locale) {
        shop.noticeBoard.notices.collect { snackbar.showSnackbar(it.text(locale, context.resources::getString)) }
    }
    val isOpen = session is SessionState.Open
    BackHandler(whereabouts.canGoBack) { whereabouts.back() }
    Scaffold(
        topBar = {
            Column {
                ShopTopBar(
                    canGoBack = isOpen && whereabouts.canGoBack,
                    isOffline = isOffline.takeIf { isOpen },
                    onBack = whereabouts::back,
                    onOffline = shop.session::setOffline,
                    onTools = onTools,
                )
                contents?.currentTab?.let { TabStrip(it) { whereabouts.open(Place.TAB) } }
            }
        },
        bottomBar = { if (isOpen) RoomBar(whereabouts.room, whereabouts::goTo) },
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
                OpenShop(shop, models, contents ?: WalletContents(), whereabouts, modifier)
            }
        }
    }
}

@Composable
private fun OpenShop(
    shop: ShopApplication,
    models: ScreenModels,
    contents: WalletContents,
    whereabouts: Whereabouts,
    modifier: Modifier,
) {
    val purchase = contents.purchases.find { it.id == whereabouts.receipt }
    val place = whereabouts.place
    when {
        purchase != null -> ReceiptPlace(shop, models, purchase, contents, modifier)
        place != null -> PlaceScreen(place, models, contents, whereabouts, modifier)
        else -> RoomScreen(models, contents, whereabouts, modifier)
    }
}

@Composable
internal fun ClosedShop(
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
