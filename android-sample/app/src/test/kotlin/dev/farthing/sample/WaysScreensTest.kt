package dev.farthing.sample

import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import dev.farthing.PurchaseState
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** The screen of each way to pay looks as it was recorded; see [ScreensTest]. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = SCREEN, application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class WaysScreensTest {
    private val world = GatewayRule(hasStores = true)
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)
    private val pictures = Pictures(compose)

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @Test
    fun `a pass and a set`() {
        player.fund()
        player.scrollShopTo("buy_season_pass")
        player.tap("buy_season_pass")
        player.waitFor { player.purchases().singleOrNull()?.state is PurchaseState.Settled }
        player.scrollShopTo("renew_season_pass")
        player.tap("renew_season_pass")
        player.waitFor { player.contents().passes.single().renewal != null }
        player.scrollShopTo("buy_explorer_set")
        player.settleDown()
        pictures.compare("passes")
    }

    @Test
    fun `the treasure chamber`() {
        player.fund()
        player.scrollShopTo("buy_gems_15")
        player.tap("buy_gems_15")
        player.waitFor { !player.balance("gems").isZero }
        player.settleDown()
        player.buy("firework")
        player.scrollShopTo("buy_ember_cloak")
        player.settleDown()
        player.waitFor { player.purchases().all { it.state is PurchaseState.Settled } }
        pictures.compare("treasure")
        player.scrollShopToTop()
        player.settleDown()
        pictures.compare("gems")
    }

    @Test
    fun `saying thanks`() = tips("tips")

    @Test
    @Config(qualifiers = "+ar-rEG-ldrtl")
    fun `saying thanks from right to left`() = tips("tips-right-to-left")

    @Test
    fun `by the fire`() = villagers("villagers")

    @Test
    @Config(qualifiers = "+night")
    fun `by the fire in the dark`() = villagers("villagers-dark")

    @Test
    fun `the ways to pay`() {
        openTab()
        player.open(Place.WAYS)
        player.settleDown()
        pictures.compare("ways")
    }

    @Test
    fun `a tab`() = tab("tab")

    @Test
    @Config(qualifiers = "+night")
    fun `a tab in the dark`() = tab("tab-dark")

    @Test
    fun `a tab is opened`() {
        player.enterShop()
        player.addCard(GOOD)
        player.waitFor { player.contents().cards.isNotEmpty() }
        player.open(Place.TAB)
        player.settleDown()
        pictures.compare("tab-new")
    }

    @Test
    fun `automatic top-up is agreed to`() = consent("auto-top-up")

    @Test
    @Config(qualifiers = "+de-rDE")
    fun `automatic top-up is agreed to in German`() = consent("auto-top-up-german")

    @Test
    fun `automatic top-up has charged a card`() {
        player.fund()
        player.open(Place.AUTO_TOP_UP)
        player.press("auto_below_5")
        player.press("auto_consent")
        player.press("auto_agree")
        player.see("auto_agreed")
        player.goTo(Room.SHOP)
        player.buy("golden_key")
        player.waitFor { player.contents().topUps.size == 2 }
        player.open(Place.AUTO_TOP_UP)
        player.see("auto_charge")
        player.settleDown()
        pictures.compare("auto-top-up-on")
    }

    @Test
    fun `packs from the store`() = packs("packs")

    @Test
    @Config(qualifiers = "+de-rDE")
    fun `packs from the store in German`() = packs("packs-german")

    @Test
    fun `a pack waits for a connection`() {
        player.enterShop()
        player.tap("airplane")
        player.buyPack("balance_10")
        player.see("packs_waiting")
        player.settleDown()
        pictures.compare("packs-waiting")
    }

    @Test
    fun `limits, and what a guardian was asked`() = limits("limits")

    @Test
    @Config(fontScale = 1.8f)
    fun `limits with large letters`() = limits("limits-large")

    private fun tips(name: String) {
        player.fund()
        player.open(Place.TIPS)
        player.type("tip_message", "What a level!")
        player.press("give_tip")
        player.waitFor { player.purchases().singleOrNull()?.state is PurchaseState.Settled }
        player.settleDown()
        pictures.compare(name)
    }

    private fun villagers(name: String) {
        player.fund()
        player.open(Place.VILLAGERS)
        repeat(5) {
            player.press("ask")
            player.see("answer_${it + 1}")
        }
        player.see("cap_near")
        player.settleDown()
        pictures.compare(name)
    }

    private fun openTab() {
        player.enterShop()
        player.addCard(GOOD)
        player.waitFor { player.contents().cards.isNotEmpty() }
        player.openTab()
        player.goTo(Room.SHOP)
        player.buy("golden_key")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
    }

    private fun tab(name: String) {
        openTab()
        player.tap("tab_strip")
        player.see("owed")
        player.settleDown()
        pictures.compare(name)
    }

    private fun packs(name: String) {
        player.enterShop()
        player.open(Place.PACKS)
        player.see("buy_balance_20")
        player.settleDown()
        pictures.compare(name)
    }

    private fun consent(name: String) {
        player.fund()
        player.open(Place.AUTO_TOP_UP)
        player.press("auto_consent")
        player.settleDown()
        pictures.compare(name)
    }

    private fun limits(name: String) {
        player.fund()
        player.buy("extra_life")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.open(Place.LIMITS)
        player.press("as_guardian")
        player.type("limit_field_DAY", "2")
        player.type("limit_field_ASK_ABOVE", "0.50")
        player.type("guardian_pin", "4711")
        player.press("set_limits")
        player.see("limit_DAY")
        player.goTo(Room.SHOP)
        player.scrollShopTo("buy_golden_key")
        player.tap("buy_golden_key")
        player.see("asked_golden_key")
        player.open(Place.LIMITS)
        player.see("approval_golden_key")
        player.settleDown()
        pictures.compare(name)
    }
}
