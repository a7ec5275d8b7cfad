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

/** Each screen looks as it was recorded: `mvn -f android-sample/pom.xml verify -Dpictures.record=true` records anew. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = SCREEN, application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class ScreensTest {
    private val world = GatewayRule()
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)
    private val pictures = Pictures(compose)

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @Test
    fun `the shop`() = shopAfterPurchases("shop")

    @Test
    @Config(qualifiers = "+night")
    fun `the shop in the dark`() = shopAfterPurchases("shop-dark")

    @Test
    @Config(fontScale = 1.8f)
    fun `the shop with large letters`() = shopAfterPurchases("shop-large")

    @Test
    @Config(qualifiers = "+de-rDE")
    fun `the shop in German`() = shopAfterPurchases("shop-german")

    @Test
    @Config(qualifiers = "+ar-rEG-ldrtl")
    fun `the shop from right to left`() = shopAfterPurchases("shop-right-to-left")

    @Test
    fun `nothing yet`() {
        player.enterShop()
        player.goTo(Room.BAG)
        player.see("bag_empty")
        pictures.compare("bag-empty")
        player.goTo(Room.PURCHASES)
        player.see("purchases_empty")
        pictures.compare("purchases-empty")
        player.goTo(Room.CARDS)
        player.see("cards")
        pictures.compare("cards-empty")
    }

    @Test
    fun `offline with purchases that wait`() {
        player.fund()
        player.tap("airplane")
        player.buy("extra_life")
        player.buy("golden_key")
        player.scrollShopToTop()
        player.settleDown()
        pictures.compare("offline")
        player.goTo(Room.BAG)
        player.see("bag_golden_key")
        pictures.compare("bag")
        player.goTo(Room.PURCHASES)
        pictures.compare("purchases-waiting")
    }

    @Test
    fun `a declined card`() {
        player.enterShop()
        player.addCard(DECLINED)
        player.topUp(5)
        player.read("too little money")
        pictures.compare("declined")
    }

    @Test
    fun `amounts to top up, and what fees take of them`() {
        player.enterShop()
        player.addCard(GOOD)
        player.see("top_up_fees")
        player.settleDown()
        pictures.compare("top-up")
    }

    @Test
    fun `a wrong number`() {
        player.enterShop()
        player.addCard("4242 4242 4242 4241")
        player.see("wrong_number")
        pictures.compare("card-wrong")
    }

    @Test
    fun `the bank asks`() {
        player.enterShop()
        player.addCard(THREE_D_SECURE)
        player.topUp(10)
        player.see("top_up_banner")
        player.settleDown()
        pictures.compare("three-d-secure")
    }

    @Test
    fun `the testers' drawer`() {
        player.fund()
        player.settleDown()
        player.tap("open_tools")
        player.see("fault_REJECT")
        pictures.compare("tools")
    }

    @Test
    fun `a receipt`() {
        player.fund()
        player.openReceiptOfLife()
        player.settleDown()
        pictures.compare("receipt")
    }

    private fun shopAfterPurchases(name: String) {
        player.fund()
        player.buy("extra_life")
        player.buy("health_potion")
        player.waitFor { player.purchases().all { it.state is PurchaseState.Settled } }
        player.scrollShopToTop()
        player.settleDown()
        pictures.compare(name)
    }
}

/** A phone. */
const val SCREEN = "en-rUS-w400dp-h860dp-mdpi"
