package dev.farthing.sample

import androidx.compose.material3.Icon
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.getValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.Density
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.farthing.WalletException
import dev.farthing.sample.bag.BagScreen
import dev.farthing.sample.cards.CardsScreen
import dev.farthing.sample.cards.TopUpBanner
import dev.farthing.sample.purchases.PurchasesScreen
import dev.farthing.sample.setup.SetupScreen
import dev.farthing.sample.shop.Doors
import dev.farthing.sample.shop.LoadingScreen
import dev.farthing.sample.shop.ShopScreen
import dev.farthing.sample.shop.ShopUiState
import dev.farthing.sample.wallet.WalletContents

private const val LABEL_SCALE_MAX = 1.3f

/** The room that the player is in. */
@Composable
fun RoomScreen(
    models: ScreenModels,
    contents: WalletContents,
    whereabouts: Whereabouts,
    modifier: Modifier = Modifier,
) {
    when (whereabouts.room) {
        Room.SHOP -> {
            ShopRoom(models, whereabouts, modifier)
        }

        Room.BAG -> {
            val items by models.bag.items.collectAsStateWithLifecycle()
            BagScreen(items.orEmpty(), models.bag::use, { whereabouts.goTo(Room.SHOP) }, modifier)
        }

        Room.PURCHASES -> {
            PurchasesScreen(contents, { whereabouts.openReceipt(it.id) }, modifier)
        }

        Room.CARDS -> {
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
private fun ShopRoom(
    models: ScreenModels,
    whereabouts: Whereabouts,
    modifier: Modifier,
) {
    val state by models.shop.uiState.collectAsStateWithLifecycle()
    when (val shelves = state) {
        ShopUiState.Loading -> {
            LoadingScreen(modifier)
        }

        is ShopUiState.Unreachable -> {
            val why = shelves.error.notice()
            if (shelves.error is WalletException.EnrolmentRejected) {
                val tools by models.tools.uiState.collectAsStateWithLifecycle()
                SetupScreen(tools.settings, models.tools::change, modifier, why)
            } else {
                ClosedShop(why, R.string.retry, modifier, models.cards::sync)
            }
        }

        is ShopUiState.Open -> {
            ShopScreen(
                shelves,
                onBuy = models.shop::buy,
                onGrantedShown = models.shop::grantedShown,
                onRenewal = models.shop::setRenewal,
                onTopUp = { whereabouts.goTo(Room.CARDS) },
                modifier = modifier,
                doors = { Doors(whereabouts::open) },
                topUpBanner = { shelves.openTopUp?.let { TopUpBanner(it, models.cards::sync) } },
            )
        }
    }
}

/** The way from room to room. */
@Composable
fun RoomBar(
    chosen: Room,
    onChoose: (Room) -> Unit,
) {
    NavigationBar {
        val density = LocalDensity.current
        // Four words have to fit side by side; the rooms themselves have letters of any size.
        val letters = Density(density.density, density.fontScale.coerceAtMost(LABEL_SCALE_MAX))
        for (room in Room.entries) {
            NavigationBarItem(
                selected = room == chosen,
                onClick = { onChoose(room) },
                icon = { Icon(painterResource(room.icon), contentDescription = null) },
                label = {
                    CompositionLocalProvider(LocalDensity provides letters) {
                        Text(stringResource(room.title), maxLines = 1)
                    }
                },
                modifier = Modifier.testTag("room_$room"),
            )
        }
    }
}
