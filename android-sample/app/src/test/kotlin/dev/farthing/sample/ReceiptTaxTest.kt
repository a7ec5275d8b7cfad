package dev.farthing.sample

import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import dev.farthing.sample.purchases.ReceiptTax
import kotlinx.coroutines.runBlocking
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import kotlin.test.assertNull

private const val TAX = "[rules.tax]\ncountry = \"US\"\nrates = { DE = \"19\" }"

/** Receipts of a gateway that knows the tax of one country. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = SCREEN, application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class ReceiptTaxTest {
    private val world = GatewayRule(settings = TAX, isSetUp = false)
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)
    private val pictures = Pictures(compose)

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @Test
    fun `a receipt says which tax is in its price, once it can be had`() {
        buyAsPlayerIn("DE")
        player.read("Includes \u206819%\u2069 tax (DE): \u2068$0.039915\u2069")
        player.settleDown()
        pictures.compare("receipt-tax")
        player.tap("airplane")
        player.tap("back")
        player.tap("purchase_extra_life")
        player.see("share_receipt")
        player.miss("receipt_tax")
        player.tap("airplane")
        player.see("receipt_tax")
    }

    @Test
    @Config(qualifiers = "+de-rDE")
    fun `a receipt says it in German`() {
        buyAsPlayerIn("DE")
        player.read("Enthält \u206819\u00a0%\u2069 Steuer (DE): \u20680,039915\u00a0$\u2069")
    }

    @Test
    fun `a receipt says nothing of tax where there is none`() {
        buyAsPlayerIn("US")
        val receipt = runBlocking { player.wallet.receipt(player.purchases().single().id) }
        assertNull(ReceiptTax.of(receipt))
        player.settleDown()
        player.miss("receipt_tax")
    }

    private fun buyAsPlayerIn(country: String) {
        player.setUp(world.gateway, world.gateway.enrolmentToken("ada", country))
        player.fund()
        player.openReceiptOfLife()
    }
}
