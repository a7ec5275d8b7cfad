package dev.farthing.sample

import dev.farthing.sample.autotopup.AutoTopUpViewModel
import dev.farthing.sample.bag.BagViewModel
import dev.farthing.sample.cards.CardsViewModel
import dev.farthing.sample.limits.LimitsViewModel
import dev.farthing.sample.packs.PacksViewModel
import dev.farthing.sample.purchases.PurchasesViewModel
import dev.farthing.sample.shop.ShopViewModel
import dev.farthing.sample.tab.TabViewModel
import dev.farthing.sample.tips.TipsViewModel
import dev.farthing.sample.tools.ToolsViewModel
import dev.farthing.sample.villagers.VillagersViewModel

/** What the screens are drawn from. */
class ScreenModels(
    val shop: ShopViewModel,
    val bag: BagViewModel,
    val purchases: PurchasesViewModel,
    val cards: CardsViewModel,
    val packs: PacksViewModel,
    val tips: TipsViewModel,
    val villagers: VillagersViewModel,
    val autoTopUp: AutoTopUpViewModel,
    val tab: TabViewModel,
    val limits: LimitsViewModel,
    val tools: ToolsViewModel,
)
