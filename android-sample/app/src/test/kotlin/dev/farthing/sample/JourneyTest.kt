package dev.farthing.sample

import android.content.Intent
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import androidx.test.core.app.ApplicationProvider
import dev.farthing.Money
import dev.farthing.PurchaseState
import dev.farthing.TopUpState
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.isWaiting
import kotlinx.coroutines.runBlocking
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import kotlin.test.assertEquals
import kotlin.test.assertTrue

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = "w400dp-h860dp-mdpi", application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class JourneyTest {
    private val world = GatewayRule()
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @Test
    fun `a player tops up, buys, uses and has a receipt`() {
        player.fund()
        player.buy("extra_life")
        player.goTo(Room.BAG)
        player.tap("use_extra_life")
        player.waitFor { player.owned("extra_life") == 0L }
        player.goTo(Room.PURCHASES)
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.tap("purchase_extra_life")
        player.see("receipt")
        player.read("Who got what")
        player.see("share_receipt").performClick()
        player.waitFor { shadowOf(player.app).peekNextStartedActivity() != null }
        val chooser = shadowOf(player.app).nextStartedActivity

        @Suppress("DEPRECATION")
        val shared = chooser.getParcelableExtra<Intent>(Intent.EXTRA_INTENT)
        assertEquals(3, shared?.getStringExtra(Intent.EXTRA_TEXT)?.split('.')?.size)
    }

    @Test
    fun `what is bought in airplane mode is there after the app was closed, and settles`() {
        player.fund()
        player.tap("airplane")
        player.buy("hint")
        player.buy("golden_key")
        assertTrue(player.purchases().all { it.state.isWaiting })
        runBlocking { player.wallet.shutDown() }
        runBlocking { player.app.session.close() }
        compose.activityRule.scenario.recreate()
        runBlocking { player.app.session.reopen() }
        player.waitFor { player.purchases().size == 2 && player.purchases().all { it.state is PurchaseState.Settled } }
        player.waitFor { player.owned("golden_key") == 1L }
        assertEquals(Money("3.96", "USD"), player.wallet.balance.value["USD"].total)
    }

    @Test
    fun `a wrong digit is named, and a declined card is not charged`() {
        player.enterShop()
        player.addCard("4242 4242 4242 4241")
        player.see("wrong_number")
        player.addCard(DECLINED)
        player.topUp(5)
        player.read("too little money")
        assertTrue(player.wallet.balance.value["USD"].total.isZero)
    }

    @Test
    fun `the amounts to top up are those that the wallet advises, with what fees take of them`() {
        player.enterShop()
        player.addCard(GOOD)
        player.see("top_up_fees")
        player.read("Fees take")
        val advised = player.contents().topUpAdvice
        assertEquals(advised, runBlocking { player.wallet.topUpAdvice("USD") })
        assertTrue(advised.isNotEmpty())
        for (it in advised) player.see("top_up_${it.amount.amount}")
    }

    @Test
    fun `with 3-D Secure the money comes once the player has confirmed`() {
        player.enterShop()
        player.addCard(THREE_D_SECURE)
        player.topUp(10)
        player.see("top_up_banner")
        world.gateway.confirm(checkNotNull(player.bankPage()))
        player.tapBelow("confirmed")
        player.waitFor { player.wallet.balance.value["USD"].total == Money("10", "USD") }
        player.waitFor {
            player.app.session.contents.value
                ?.topUps
                ?.single()
                ?.state == TopUpState.Succeeded
        }
    }

    @Test
    fun `a rejected purchase gives the money back and says so`() {
        player.fund()
        player.tap("open_tools")
        player.tapBelow("fault_REJECT")
        player.read("Ordered.")
        compose.activityRule.scenario.onActivity { it.onBackPressedDispatcher.onBackPressed() }
        player.scrollShopTo("buy_golden_key")
        player.tap("buy_golden_key")
        player.waitFor { player.purchases().any { it.state is PurchaseState.Rejected } }
        player.waitFor { player.wallet.balance.value["USD"].total == Money("5", "USD") }
        player.waitFor { player.owned("golden_key") == 0L }
    }

    @Test
    fun `lost answers double nothing`() {
        player.fund()
        player.tap("open_tools")
        player.tapBelow("fault_LOSE_RESPONSE")
        player.read("Ordered.")
        compose.activityRule.scenario.onActivity { it.onBackPressedDispatcher.onBackPressed() }
        player.buy("hint")
        player.tap("open_tools")
        player.waitFor { player.purchases().single().state.isWaiting }
        player.tapBelow("fault_NONE")
        player.tapBelow("sync_now")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        player.waitFor { player.owned("hint") == 1L }
        assertEquals(Money("4.95", "USD"), player.wallet.balance.value["USD"].total)
    }

    @Test
    fun `turning the phone during a purchase buys once`() {
        player.fund()
        player.scrollShopTo("buy_hint")
        compose.onNodeWithTag("buy_hint").performClick()
        compose.onNodeWithTag("buy_hint").performClick()
        compose.activityRule.scenario.recreate()
        player.waitFor { player.owned("hint") >= 1 }
        player.waitFor { player.purchases().size == 1 && player.purchases().single().state is PurchaseState.Settled }
        player.waitFor { player.owned("hint") == 1L }
    }

    @Test
    fun `after the keys were lost the shop says so, and a reset begins a new wallet`() {
        player.fund()
        runBlocking { player.app.session.close() }
        assertTrue(player.app.keys.delete())
        runBlocking { player.app.session.reopen() }
        player.read("keys for this wallet are gone")
        player.tap("retry")
        player.tapBelow("erase")
        player.tap("erase_confirm")
        player.waitFor { player.app.session.state.value is SessionState.Open }
        compose.activityRule.scenario.onActivity { it.onBackPressedDispatcher.onBackPressed() }
        player.enterShop()
        assertTrue(player.wallet.balance.value["USD"].total.isZero)
    }

    @Test
    fun `testers kill the app, set its clock and open another gateway`() {
        player.enterShop()
        player.tap("open_tools")
        player.see("device")
        player.tapBelow("kill")
        assertTrue(ApplicationProvider.getApplicationContext<TestShopApplication>().wasKilled)
        player.tapBelow("clock_ahead")
        player.read("+24 h")
        player.tapBelow("change_gateway")
        player.type("gateway", "http://pay.example")
        player.tapBelow("open_shop")
        player.see("closed_shop")
        player.read("gateway must be https")
    }
}
