package dev.farthing.sample

import android.content.Intent
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onAllNodesWithTag
import androidx.test.platform.app.InstrumentationRegistry
import dev.farthing.Money
import dev.farthing.PurchaseState
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.ShopSettings
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** A new phone of a player of the game, whose other phone has topped up and bought, at a real gateway. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = SCREEN, application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class SeveralPhonesTest {
    private val world = GatewayRule(isSetUp = false)
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)
    private val pictures = Pictures(compose)
    private val otherPhone by lazy { OtherPhone(world.gateway, token()) }

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @After
    fun putAway() = otherPhone.close()

    @Test
    fun `what another phone has is there with the player's token, without a network too, and is given back there`() {
        otherPhone.buy("lantern", "hint")
        player.setUp(world.gateway, "  ${token()}\n")
        seeWhatTheOtherPhoneHas()
        player.goTo(Room.CARDS)
        player.read("ending in 4242")
        player.goTo(Room.SHOP)
        player.buy("extra_life")
        player.waitFor { player.purchases().all { it.state is PurchaseState.Settled } }
        player.goTo(Room.PURCHASES)
        player.settleDown()
        assertEquals(2, compose.onAllNodesWithTag("other_phone", useUnmergedTree = true).fetchSemanticsNodes().size)
        pictures.compare("purchases-two-phones")
        val balance = player.balance()

        world.gateway.stop()
        player.restart()
        player.goTo(Room.SHOP)
        seeWhatTheOtherPhoneHas()
        assertEquals(balance, player.balance())
        player.goTo(Room.BAG)
        player.see("bag_lantern")
        player.miss("bag_hint")
        player.goTo(Room.PURCHASES)
        for (sku in listOf("lantern", "hint")) {
            player.tap("purchase_$sku")
            player.see("share_receipt")
            player.miss("give_back")
            player.tap("back")
        }
        player.tap("purchase_extra_life")
        player.see("give_back")
    }

    @Test
    fun `a token outlives a kill before it was used, and is not used again once the wallet is reset`() {
        otherPhone.buy("lantern")
        val token = token()
        world.gateway.stop()
        player.setUp(world.gateway, token)
        player.see("closed_shop")
        player.restart { world.gateway.restart() }
        seeWhatTheOtherPhoneHas()
        reset()
        assertTrue(player.balance().isZero)
    }

    @Test
    fun `a token that is not taken is told, and another one is typed in its place`() {
        val used = token()
        OtherPhone(world.gateway, used).close()
        player.setUp(world.gateway, used)
        player.read("A player’s token is good once")
        player.handIn("mistyped")
        player.waitFor { player.app.session.settings.value.enrolmentToken == "mistyped" }
        player.read("A player’s token is good once")
        otherPhone.buy("lantern")
        player.handIn(token())
        seeWhatTheOtherPhoneHas()
    }

    @Test
    fun `testers script a token, and one that is given to a player's wallet is for the next wallet`() {
        otherPhone.buy("lantern")
        player.setUp(world.gateway, token = "")
        player.enterShop()
        player.waitFor { player.app.session.settings.value.hasEnrolled }
        val start = Intent().putExtra("enrolment_token", " ${token()} ")
        val instrumentation = InstrumentationRegistry.getInstrumentation()
        compose.activityRule.scenario.onActivity { instrumentation.callActivityOnNewIntent(it, start) }
        player.waitFor { player.app.session.settings.value.enrolmentToken.isNotEmpty() }
        player.enterShop()
        assertTrue(player.balance().isZero)
        reset()
        seeWhatTheOtherPhoneHas()
    }

    @Test
    fun `on a phone that has the settings from a backup, and not the wallet, a token is this wallet's`() {
        otherPhone.buy("lantern")
        val address = world.gateway.address
        val (publishableKey, rootKey) = world.gateway.publishableKey to world.gateway.rootKey
        val restored = ShopSettings(address, publishableKey, rootKey, token(), enrolledDevice = "another")
        runBlocking { player.app.session.change(restored) }
        seeWhatTheOtherPhoneHas()
        player.waitFor {
            val settings = player.app.session.settings.value
            settings.enrolledDevice != "another" && settings.enrolmentToken.isEmpty()
        }
    }

    private fun token() = world.gateway.enrolmentToken("ada", "DE")

    /** The money that it has not kept for itself, and what it has bought. */
    private fun seeWhatTheOtherPhoneHas() {
        player.enterShop()
        player.waitFor { player.balance() >= Money("20", "USD") }
        player.waitFor { player.owned("lantern") == 1L }
        player.waitFor { player.purchases().any { it.sku == "lantern" && it.isFromAnotherDevice } }
    }

    private fun reset() {
        val before = player.wallet
        player.tap("open_tools")
        player.tapBelow("erase")
        player.tap("erase_confirm")
        player.waitFor {
            val now = player.app.session.state.value
            now is SessionState.Open && now.wallet !== before
        }
        compose.activityRule.scenario.onActivity { it.onBackPressedDispatcher.onBackPressed() }
        player.enterShop()
    }
}
