package dev.farthing.sample

import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.farthing.Approval
import dev.farthing.Card
import dev.farthing.Money
import dev.farthing.SpendingLimits
import dev.farthing.Tab
import dev.farthing.sample.autotopup.AutoTopUpScreen
import dev.farthing.sample.limits.LimitsActions
import dev.farthing.sample.limits.LimitsScreen
import dev.farthing.sample.limits.LimitsViewModel
import dev.farthing.sample.packs.Pack
import dev.farthing.sample.packs.PacksActions
import dev.farthing.sample.packs.PacksScreen
import dev.farthing.sample.packs.PacksViewModel
import dev.farthing.sample.tab.TabActions
import dev.farthing.sample.tab.TabScreen
import dev.farthing.sample.tab.TabViewModel
import dev.farthing.sample.tips.TipsScreen
import dev.farthing.sample.villagers.VillagersScreen
import dev.farthing.sample.wallet.WalletContents
import dev.farthing.sample.ways.WaysActions
import dev.farthing.sample.ways.WaysScreen

/** What the player has opened from a room. */
@Composable
fun PlaceScreen(
    place: Place,
    models: ScreenModels,
    contents: WalletContents,
    whereabouts: Whereabouts,
    modifier: Modifier = Modifier,
) {
    when (place) {
        Place.TIPS -> {
            val state by models.tips.uiState.collectAsStateWithLifecycle()
            val givingBack by models.purchases.givingBack.collectAsStateWithLifecycle()
            TipsScreen(
                state,
                givingBack,
                onGive = models.tips::give,
                onThanksShown = models.tips::thanksShown,
                onTakeBack = models.purchases::giveBack,
                modifier = modifier,
            )
        }

        Place.VILLAGERS -> {
            val state by models.villagers.uiState.collectAsStateWithLifecycle()
            VillagersScreen(state, models.villagers::ask, models.villagers::writeDown, modifier)
        }

        Place.WAYS -> {
            WaysScreen(contents, remember(whereabouts) { waysActions(whereabouts) }, modifier)
        }

        Place.PACKS -> {
            val state by models.packs.uiState.collectAsStateWithLifecycle()
            PacksScreen(state, remember(models) { packsActions(models.packs) }, modifier)
        }

        Place.AUTO_TOP_UP -> {
            val state by models.autoTopUp.uiState.collectAsStateWithLifecycle()
            val toCards = { whereabouts.goTo(Room.CARDS) }
            AutoTopUpScreen(state, models.autoTopUp::agree, models.autoTopUp::stop, toCards, modifier)
        }

        Place.TAB -> {
            val state by models.tab.uiState.collectAsStateWithLifecycle()
            TabScreen(state, remember(models, whereabouts) { tabActions(models.tab, whereabouts) }, modifier)
        }

        Place.LIMITS -> {
            val state by models.limits.uiState.collectAsStateWithLifecycle()
            LimitsScreen(state, remember(models) { limitsActions(models.limits) }, modifier)
        }
    }
}

private fun waysActions(whereabouts: Whereabouts) =
    object : WaysActions {
        override fun openCards() = whereabouts.goTo(Room.CARDS)

        override fun openPacks() = whereabouts.open(Place.PACKS)

        override fun openAutoTopUp() = whereabouts.open(Place.AUTO_TOP_UP)

        override fun openTab() = whereabouts.open(Place.TAB)

        override fun openLimits() = whereabouts.open(Place.LIMITS)
    }

private fun packsActions(model: PacksViewModel) =
    object : PacksActions {
        override fun look() = model.look()

        override fun buy(pack: Pack) = model.buy(pack)

        override fun boughtShown() = model.boughtShown()
    }

private fun tabActions(
    model: TabViewModel,
    whereabouts: Whereabouts,
) = object : TabActions {
    override fun open(
        limit: Money,
        card: Card,
    ) = model.open(limit, card)

    override fun close(tab: Tab) = model.close(tab)

    override fun confirmed() = model.sync()

    override fun goToCards() = whereabouts.goTo(Room.CARDS)
}

private fun limitsActions(model: LimitsViewModel) =
    object : LimitsActions {
        override fun look() = model.look()

        override fun set(
            wanted: SpendingLimits,
            pin: String?,
        ) = model.set(wanted, pin)

        override fun answer(
            approval: Approval,
            approve: Boolean,
            pin: String,
        ) = model.answer(approval, approve, pin)
    }
