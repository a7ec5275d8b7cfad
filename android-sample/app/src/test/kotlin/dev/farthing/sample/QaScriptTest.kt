package dev.farthing.sample

import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import dev.farthing.Money
import dev.farthing.PurchaseState
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import kotlin.test.assertEquals

/** What QA plays by hand, as one script, with a picture of each step: `cargo xtask sample android`. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = SCREEN, application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class QaScriptTest {
    private val world = GatewayRule(hasStores = true)
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)
    private val filmstrip = Filmstrip(Pictures(compose))

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @Test
    fun `a day of testing`() {
        player.enterShop()
        filmstrip.take("first start")
        player.addCard(THREE_D_SECURE)
        player.topUp(5)
        player.see("top_up_banner")
        filmstrip.take("the bank asks")
        world.gateway.confirm(checkNotNull(player.bankPage()))
        player.tapBelow("confirmed")
        player.waitFor { player.wallet.balance.value["USD"].total == Money("5", "USD") }
        player.goTo(Room.SHOP)
        player.settleDown()
        player.tap("buy_extra_life")
        player.see("granted_extra_life")
        filmstrip.take("bought online")
        player.tap("airplane")
        player.buy("golden_key")
        player.scrollShopToTop()
        player.settleDown()
        filmstrip.take("bought offline")
        player.restart()
        player.waitFor { player.purchases().size == 2 && player.purchases().all { it.state is PurchaseState.Settled } }
        player.goTo(Room.BAG)
        player.see("bag_golden_key")
        filmstrip.take("reopened and settled")
        player.tap("open_tools")
        player.tapBelow("fault_REJECT")
        player.read("Ordered.")
        filmstrip.take("a fault is ordered")
        compose.activityRule.scenario.onActivity { it.onBackPressedDispatcher.onBackPressed() }
        player.goTo(Room.SHOP)
        player.scrollShopTo("buy_health_potion")
        player.tap("buy_health_potion")
        player.waitFor { player.purchases().first().state is PurchaseState.Rejected }
        player.goTo(Room.PURCHASES)
        player.see("purchases")
        filmstrip.take("taken back")
        assertEquals(Money("3.76", "USD"), player.wallet.balance.value["USD"].total)
        player.tap("purchase_golden_key")
        player.see("share_receipt")
        filmstrip.take("a receipt")
        payInOtherWays()
        filmstrip.save()
    }

    private fun payInOtherWays() {
        player.goTo(Room.SHOP)
        player.scrollShopTo("buy_season_pass")
        player.tap("buy_season_pass")
        player.scrollShopTo("renew_season_pass")
        player.tap("renew_season_pass")
        player.settleDown()
        filmstrip.take("a pass that renews itself")
        player.open(Place.TIPS)
        player.type("tip_message", "What a level!")
        player.press("give_tip")
        player.see("take_back_tip")
        player.settleDown()
        filmstrip.take("thanks to a maker")
        player.open(Place.VILLAGERS)
        repeat(5) {
            player.press("ask")
            player.see("answer_${it + 1}")
        }
        player.see("cap_near")
        filmstrip.take("paid by the answer")
        player.addCard(GOOD)
        player.waitFor { player.contents().cards.size == 2 }
        player.openTab()
        player.goTo(Room.SHOP)
        player.buy("golden_key")
        player.tap("tab_strip")
        player.settleDown()
        filmstrip.take("a tab is owed")
        player.buyPack("balance_10")
        player.read("from the store is in your purse")
        filmstrip.take("a pack from the store")
    }
}
