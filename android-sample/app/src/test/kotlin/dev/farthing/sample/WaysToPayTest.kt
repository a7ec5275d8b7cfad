package dev.farthing.sample

import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import dev.farthing.Money
import dev.farthing.PurchaseKind
import dev.farthing.PurchaseState
import dev.farthing.TabState
import dev.farthing.sample.wallet.isWaiting
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Each way to pay, in the real Activity against a real gateway. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = "w400dp-h860dp-mdpi", application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class WaysToPayTest {
    private val world = GatewayRule()
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @Test
    fun `a pass is bought offline, and renewed only by the player's word, which outlives the app`() {
        player.fund()
        player.tap("airplane")
        player.scrollShopTo("buy_season_pass")
        player.tap("buy_season_pass")
        player.waitFor { player.contents().passes.size == 1 }
        assertNull(player.contents().passes.single().renewal)
        player.scrollShopTo("renew_season_pass")
        player.tap("renew_season_pass")
        player.waitFor { player.contents().passes.single().renewal == usd("2.99") }
        player.restart()
        player.waitFor { player.contents().passes.singleOrNull()?.renewal == usd("2.99") }
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.scrollShopTo("renew_season_pass")
        player.tap("renew_season_pass")
        player.waitFor { player.contents().passes.single().renewal == null }
        assertEquals(usd("2.01"), player.balance())
    }

    @Test
    fun `a set is the player's with all that is in it, and goes back whole`() {
        player.fund()
        player.scrollShopTo("buy_explorer_set")
        player.tap("buy_explorer_set")
        player.waitFor { player.owned("lantern") == 1L && player.owned("hint") == 5L }
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.goTo(Room.PURCHASES)
        player.tap("purchase_explorer_set")
        player.press("give_back")
        player.read("in your purse again")
        player.waitFor { player.purchases().single().state is PurchaseState.Refunded }
        player.waitFor { player.owned("lantern") == 0L && player.owned("hint") == 0L }
        assertEquals(usd("5"), player.balance())
    }

    @Test
    fun `what was used can't be given back, and the player is told so`() {
        player.fund()
        player.buy("extra_life")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.goTo(Room.BAG)
        player.tap("use_extra_life")
        player.waitFor { player.owned("extra_life") == 0L }
        player.goTo(Room.PURCHASES)
        player.tap("purchase_extra_life")
        player.press("give_back")
        player.read("You have used it")
        assertEquals(usd("4.75"), player.balance())
        compose.onNodeWithTag("give_back").assertIsEnabled()
    }

    @Test
    fun `gems are there once their pack is settled, and buy a cloak without a connection`() {
        player.fund()
        player.tap("airplane")
        player.scrollShopTo("buy_gems_15")
        player.tap("buy_gems_15")
        player.waitFor { player.balance() == usd("4.01") }
        assertTrue(player.balance("gems").isZero)
        player.tap("airplane")
        player.waitFor { player.balance("gems") == Money("15", "gems") }
        player.tap("airplane")
        player.buy("ember_cloak")
        assertEquals(Money("3", "gems"), player.balance("gems"))
        player.restart()
        player.waitFor { player.purchases().size == 2 && player.purchases().none { it.state.isWaiting } }
        assertEquals(1L, player.owned("ember_cloak"))
        assertEquals(Money("3", "gems"), player.balance("gems"))
    }

    @Test
    fun `a tip is given once, without a connection and over a rotation, and taken back`() {
        player.fund()
        player.tap("airplane")
        player.open(Place.TIPS)
        player.press("creator_bo")
        player.press("tip_amount_1")
        player.type("tip_message", "What a map!")
        compose.onNodeWithTag("give_tip").performScrollTo().performClick()
        compose.onNodeWithTag("give_tip").performClick()
        compose.activityRule.scenario.recreate()
        player.see("tip_bo")
        player.waitFor { player.balance() == usd("4") }
        val tip = player.purchases().single()
        assertEquals("bo" to "What a map!", tip.tip?.creator to tip.tip?.message)
        assertTrue(tip.state.isWaiting)
        player.tap("airplane")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.press("take_back_tip")
        player.waitFor { player.purchases().single().state is PurchaseState.Refunded }
        player.waitFor { player.balance() == usd("5") }
        player.miss("take_back_tip")
    }

    @Test
    fun `a tip that the purse can't pay is refused in the player's words`() {
        player.enterShop()
        player.open(Place.TIPS)
        player.press("give_tip")
        player.read("Top up first")
        assertTrue(player.purchases().isEmpty())
    }

    @Test
    fun `answers are counted offline, warned of near the day's cap, and stop at it`() {
        player.fund()
        player.tap("airplane")
        player.open(Place.VILLAGERS)
        player.press("ask")
        player.see("answer_1")
        assertEquals(usd("4.996"), player.balance())
        // Counted in memory: a purchase comes when the player leaves.
        assertTrue(player.purchases().isEmpty())
        // Four fifths of the cap are counted; the wallet writes that down, and warns, before it goes on.
        repeat(4) { ask(it + 2) }
        player.see("cap_near")
        player.press("ask")
        player.see("cap_reached")
        compose.onNodeWithTag("ask").assertIsNotEnabled()
        player.tap("back")
        player.waitFor { player.purchases().sumOf { it.quantity } == 5 }
        assertTrue(player.purchases().all { it.kind == PurchaseKind.USAGE })
        player.restart()
        player.open(Place.VILLAGERS)
        player.read("\$0.02")
        player.waitFor { player.purchases().all { it.state is PurchaseState.Settled } }
        assertEquals(usd("4.98"), player.balance())
    }

    @Test
    fun `a player's own limit stops at once, and is loosened only after a while`() {
        player.fund()
        player.open(Place.LIMITS)
        player.type("limit_field_DAY", "0,50")
        player.press("set_limits")
        player.see("limit_DAY")
        player.goTo(Room.SHOP)
        player.buy("extra_life")
        player.tap("airplane")
        player.scrollShopTo("buy_golden_key")
        player.tap("buy_golden_key")
        player.read("The spending limit of")
        assertEquals(0L, player.owned("golden_key"))
        player.tap("airplane")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.open(Place.LIMITS)
        player.see("limit_DAY")
        player.type("limit_field_DAY", "twenty")
        compose.onNodeWithTag("set_limits").assertIsNotEnabled()
        player.type("limit_field_DAY", "20")
        player.press("set_limits")
        player.see("limits_pending")
    }

    @Test
    fun `a guardian is asked, and what they approve with the PIN is bought once`() {
        player.fund()
        player.open(Place.LIMITS)
        player.press("as_guardian")
        player.type("limit_field_ASK_ABOVE", "0.50")
        player.type("guardian_pin", "4711")
        player.press("set_limits")
        player.read("The limits are set")
        player.goTo(Room.SHOP)
        player.scrollShopTo("buy_golden_key")
        player.tap("buy_golden_key")
        player.read("A guardian was asked")
        player.see("asked_golden_key")
        assertEquals(0L, player.owned("golden_key"))
        player.open(Place.LIMITS)
        player.see("approval_golden_key")
        player.type("approval_pin", "0000")
        player.press("approve")
        player.read("not the right one")
        player.type("approval_pin", "4711")
        player.press("approve")
        player.read("It can be bought now")
        player.miss("approve")
        player.goTo(Room.SHOP)
        player.buy("golden_key")
        player.miss("asked_golden_key")
        player.open(Place.LIMITS)
        player.read("Bought")
    }

    @Test
    fun `what a tab owes is above every room, offline and after a kill, and is charged once`() {
        player.enterShop()
        player.addCard(GOOD)
        player.waitFor { player.contents().cards.isNotEmpty() }
        player.open(Place.TAB)
        player.press("tab_limit_20")
        player.press("open_pay_tab")
        player.see("tab_strip")
        player.waitFor { player.balance() == usd("20") }
        player.goTo(Room.SHOP)
        player.tap("airplane")
        player.buy("golden_key")
        player.waitFor { player.contents().currentTab?.owed == usd("0.99") }
        for (room in Room.entries) {
            player.goTo(room)
            player.see("tab_strip")
        }
        player.restart()
        player.waitFor { player.contents().currentTab?.owed == usd("0.99") }
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.tap("tab_strip")
        player.press("close_pay_tab")
        player.read("The tab is closed")
        player.miss("tab_strip")
        val closed = player.contents().tabs.single()
        assertEquals(usd("0.99"), assertIs<TabState.Closed>(closed.state).charged)
        assertTrue(player.balance().isZero)
    }

    @Test
    fun `a tab waits for the bank's page, and a card that is declined opens none`() {
        player.enterShop()
        player.addCard(DECLINED)
        player.waitFor { player.contents().cards.isNotEmpty() }
        player.open(Place.TAB)
        player.press("open_pay_tab")
        player.read("too little money")
        player.addCard(THREE_D_SECURE)
        player.waitFor { player.contents().cards.size == 2 }
        player.open(Place.TAB)
        player.press("pay_by_3184")
        player.press("open_pay_tab")
        world.gateway.confirm(checkNotNull(player.bankPage()))
        player.tapBelow("confirmed")
        player.waitFor { player.contents().currentTab?.state == TabState.Open }
        player.see("close_pay_tab")
    }

    @Test
    fun `what a tab's card could not be charged is due, and paid from the purse`() {
        leaveTabUnpaid()
        player.press("pay_due")
        player.read("Top up first")
        payWithAnotherCard()
        assertEquals(usd("4.75"), player.balance())
    }

    @Test
    fun `after a tab that the card could not pay, the next can only be smaller, and the player is told how large`() {
        leaveTabUnpaid()
        payWithAnotherCard()
        // Half of the last one.
        player.open(Place.TAB)
        player.press("pay_by_4242")
        player.press("open_pay_tab")
        player.read("Your next tab can be \u2068\$5.00\u2069 at most")
        assertNull(player.contents().currentTab)
        player.press("tab_limit_5")
        player.press("open_pay_tab")
        player.waitFor { player.contents().currentTab?.state == TabState.Open }
        assertEquals(usd("5"), player.contents().currentTab?.limit)
    }

    @Test
    fun `a card is charged by itself once the player has agreed, and never after they stopped it`() {
        player.fund()
        player.open(Place.AUTO_TOP_UP)
        player.press("auto_below_5")
        player.press("auto_consent")
        // Their word was for other amounts.
        player.press("auto_amount_10")
        compose.onNodeWithTag("auto_agree").assertIsNotEnabled()
        player.press("auto_consent")
        player.press("auto_agree")
        player.see("auto_agreed")
        assertEquals(usd("5"), player.balance())
        player.goTo(Room.SHOP)
        player.buy("golden_key")
        player.waitFor { player.balance() == usd("14.01") }
        player.restart()
        player.open(Place.AUTO_TOP_UP)
        player.see("auto_charge")
        assertEquals(usd("10"), player.contents().autoTopUp?.chargedThisMonth)
        player.tap("airplane")
        player.press("auto_stop")
        player.waitFor { player.contents().autoTopUp == null }
        player.see("auto_agree")
    }

    @Test
    fun `a declined card pauses automatic top-ups until the player agrees again`() {
        player.fund()
        player.addCard(DECLINED)
        player.waitFor { player.contents().cards.size == 2 }
        player.open(Place.AUTO_TOP_UP)
        player.press("auto_below_5")
        player.press("pay_by_9995")
        player.press("auto_consent")
        player.press("auto_agree")
        player.see("auto_agreed")
        player.goTo(Room.SHOP)
        player.buy("hint")
        player.waitFor { player.contents().autoTopUp?.pause != null }
        player.open(Place.AUTO_TOP_UP)
        player.see("auto_paused")
        assertEquals(usd("4.95"), player.balance())
        player.press("auto_stop")
        player.miss("auto_paused")
    }

    /** Spends on a tab, and closes it when its card can't be charged. */
    private fun leaveTabUnpaid() {
        player.enterShop()
        player.addCard(FAILS_IN_THE_END)
        player.waitFor { player.contents().cards.isNotEmpty() }
        player.openTab()
        player.goTo(Room.SHOP)
        player.buy("extra_life")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.tap("tab_strip")
        player.press("close_pay_tab")
        player.see("tab_due")
    }

    /** Tops up with a card that can be charged, and pays what is due of the tab. */
    private fun payWithAnotherCard() {
        player.press("to_cards")
        player.addCard(GOOD)
        player.waitFor { player.contents().cards.size == 2 }
        player.topUp(5)
        player.waitFor { player.balance() == usd("5") }
        player.tap("tab_strip")
        player.press("pay_due")
        player.miss("tab_strip")
    }

    private fun ask(number: Int) {
        player.press("ask")
        player.see("answer_$number")
    }

    private fun usd(amount: String) = Money(amount, "USD")
}
