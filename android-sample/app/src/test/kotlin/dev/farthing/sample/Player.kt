package dev.farthing.sample

import android.content.Context
import android.os.Looper
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasScrollAction
import androidx.compose.ui.test.hasTestTag
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.junit4.AndroidComposeTestRule
import androidx.compose.ui.test.onAllNodesWithTag
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performScrollToIndex
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.performTextReplacement
import androidx.test.core.app.ApplicationProvider
import androidx.test.ext.junit.rules.ActivityScenarioRule
import dev.farthing.GatewayProcess
import dev.farthing.Money
import dev.farthing.PurchaseState
import dev.farthing.StandInStores
import dev.farthing.SyncState
import dev.farthing.TabState
import dev.farthing.Wallet
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.ShopSettings
import dev.farthing.sample.wallet.ShopSettingsStore
import dev.farthing.sample.wallet.WalletContents
import kotlinx.coroutines.runBlocking
import org.junit.rules.ExternalResource
import org.robolectric.Shadows.shadowOf
import java.io.File

typealias ShopRule = AndroidComposeTestRule<ActivityScenarioRule<MainActivity>, MainActivity>

const val GOOD = "4242 4242 4242 4242"
const val DECLINED = "4000 0000 0000 9995"
const val THREE_D_SECURE = "4000 0027 6000 3184"

/** A card that authorises, and can't be charged in the end. */
const val FAILS_IN_THE_END = "4000 0000 0000 0341"

/**
 * A gateway that sells what Emberdeep does, and a phone whose shop is set to it before the Activity starts.
 *
 * @param hasStores Whether app stores sell packs of balance, too.
 * @param settings More of the gateway's settings.
 * @param isSetUp Whether the shop is set to it; if not, it asks where its gateway is.
 */
class GatewayRule(
    private val hasStores: Boolean = false,
    private val settings: String = "",
    private val isSetUp: Boolean = true,
) : ExternalResource() {
    lateinit var gateway: GatewayProcess
    lateinit var stores: StandInStores

    override fun before() {
        gateway = GatewayProcess()
        val catalog = "catalog.toml" to File("../catalog.toml").readText()
        if (hasStores) {
            stores = StandInStores()
            gateway.configure("${stores.settings}\n$settings", stores.files + catalog)
        } else {
            gateway.configure(settings, files = mapOf(catalog))
        }
        gateway.registerCreator("ana", "Ana of the Echoes")
        gateway.registerCreator("bo", "Bo the Mapmaker")
        if (!isSetUp) return
        val preferences =
            ApplicationProvider
                .getApplicationContext<TestShopApplication>()
                .getSharedPreferences("shop", Context.MODE_PRIVATE)
        val store = if (hasStores) stores.address else ""
        ShopSettingsStore(preferences)
            .save(ShopSettings(gateway.address, gateway.publishableKey, gateway.rootKey, stores = store))
    }

    override fun after() {
        gateway.close()
        if (hasStores) stores.close()
    }
}

private val isGrantedMark =
    SemanticsMatcher("is the mark of a purchase") {
        it.config.getOrNull(SemanticsProperties.TestTag)?.startsWith("granted_") == true
    }

/** Someone with the phone in hand, who waits for what they see. */
class Player(
    private val compose: ShopRule,
) {
    val app: TestShopApplication get() = ApplicationProvider.getApplicationContext()
    val wallet: Wallet get() = (app.session.state.value as SessionState.Open).wallet

    fun waitFor(condition: () -> Boolean) =
        compose.waitUntil(timeoutMillis = 30_000) {
            shadowOf(Looper.getMainLooper()).idle()
            condition()
        }

    fun see(tag: String): SemanticsNodeInteraction {
        waitFor { compose.onAllNodesWithTag(tag, useUnmergedTree = true).fetchSemanticsNodes().isNotEmpty() }
        return compose.onAllNodesWithTag(tag, useUnmergedTree = true).onFirst()
    }

    fun read(text: String) {
        waitFor { compose.onAllNodesWithText(text, substring = true).fetchSemanticsNodes().isNotEmpty() }
    }

    fun tap(tag: String) {
        see(tag)
        compose.onNodeWithTag(tag).performClick()
    }

    /** Scrolls to it first. */
    fun tapBelow(tag: String) {
        see(tag)
        compose.onNodeWithTag(tag).performScrollTo().performClick()
    }

    fun type(
        tag: String,
        text: String,
    ) {
        see(tag)
        compose.onNodeWithTag(tag).performScrollTo().performTextReplacement(text)
    }

    fun goTo(room: Room) = tap("room_$room")

    /** Opens a tab of the usual limit on the card that is there, and waits until it can be spent. */
    fun openTab() {
        open(Place.TAB)
        press("open_pay_tab")
        waitFor { contents().currentTab?.state == TabState.Open }
    }

    /** Opens the store and buys a pack there. */
    fun buyPack(product: String) {
        open(Place.PACKS)
        press("buy_$product")
    }

    /** Opens what is reached from the shop. */
    fun open(place: Place) {
        val door = "door_${place.parent ?: place}"
        goTo(Room.SHOP)
        scrollShopTo(door)
        tap(door)
        if (place.parent != null) tapBelow("way_${place.name.lowercase()}")
    }

    /** Scrolls to it, and taps once nothing covers it. */
    fun press(tag: String) {
        noNotice()
        // A tap on what is grey, because something is asked of the gateway, does nothing.
        waitFor { compose.onAllNodes(hasTestTag(tag) and isEnabled()).fetchSemanticsNodes().isNotEmpty() }
        tapBelow(tag)
    }

    /** Waits until it can't be seen any more. */
    fun miss(tag: String) =
        waitFor { compose.onAllNodesWithTag(tag, useUnmergedTree = true).fetchSemanticsNodes().isEmpty() }

    /** As after a kill: nothing of the process is left but what is on disk. */
    fun restart(meanwhile: () -> Unit = {}) {
        runBlocking { app.session.close() }
        meanwhile()
        compose.activityRule.scenario.recreate()
        runBlocking { app.session.reopen() }
        waitFor { app.session.contents.value != null }
    }

    /** Sets the shop to a gateway where it is asked for, with the token of a player of the game. */
    fun setUp(
        gateway: GatewayProcess,
        token: String,
    ) {
        type("gateway", gateway.address)
        type("publishable_key", gateway.publishableKey)
        type("root_key", gateway.rootKey)
        type("stores", "")
        handIn(token)
    }

    /** Gives the shop a token where it asks for its gateway. */
    fun handIn(token: String) {
        type("enrolment_token", token)
        tapBelow("open_shop")
    }

    /** Waits until the shop has its shelves. */
    fun enterShop() {
        see("shop")
    }

    fun addCard(number: String) {
        goTo(Room.CARDS)
        type("number", number)
        type("expiry_month", "12")
        type("expiry_year", "34")
        type("cvc", "123")
        tapBelow("add_card")
    }

    /** $5, $10 or $20. */
    fun topUp(amount: Int) {
        waitFor { app.session.contents.value?.cards?.isNotEmpty() == true }
        tapBelow("top_up_$amount")
    }

    fun fund() {
        enterShop()
        addCard(GOOD)
        topUp(5)
        waitFor { !wallet.balance.value["USD"].total.isZero }
        goTo(Room.SHOP)
    }

    /** Buys in the shop and waits for the mark on it. */
    fun buy(sku: String) {
        val before = owned(sku)
        scrollShopTo("buy_$sku")
        tap("buy_$sku")
        waitFor { owned(sku) == before + 1 }
    }

    fun scrollShopTo(tag: String) {
        see("shop")
        noNotice()
        val shelves = compose.onNode(hasTestTag("shop") and hasScrollAction())
        // What a purchase brings is there once the wallet has told of it.
        waitFor { runCatching { shelves.performScrollToNode(hasTestTag(tag)) }.isSuccess }
        compose.onNodeWithTag(tag).assertIsDisplayed()
    }

    /** Buys an extra life, and opens its receipt once it is settled. */
    fun openReceiptOfLife() {
        buy("extra_life")
        waitFor { purchases().single().state is PurchaseState.Settled }
        goTo(Room.PURCHASES)
        tap("purchase_extra_life")
        see("share_receipt")
    }

    /** Waits until the screen has come to rest: no notice, no mark of a purchase, nothing asked. */
    fun settleDown() {
        noNotice()
        waitFor {
            compose.onAllNodes(isGrantedMark, useUnmergedTree = true).fetchSemanticsNodes().isEmpty() &&
                wallet.syncState.value != SyncState.Running
        }
        compose.waitForIdle()
    }

    /** Waits until nothing covers the foot of the screen. */
    private fun noNotice() =
        waitFor {
            compose
                .onNodeWithTag("notice")
                .fetchSemanticsNode()
                .children
                .isEmpty()
        }

    /** Where the bank asks for a confirmation. */
    fun bankPage(): String? {
        tapBelow("open_bank")
        return shadowOf(app).nextStartedActivity.dataString
    }

    fun scrollShopToTop() {
        see("shop")
        compose.onNode(hasTestTag("shop") and hasScrollAction()).performScrollToIndex(0)
    }

    fun owned(sku: String): Long = app.session.contents.value?.inventory?.get(sku) ?: 0

    fun purchases() = contents().purchases

    fun contents() = app.session.contents.value ?: WalletContents()

    fun balance(currency: String = "USD"): Money = wallet.balance.value[currency].total
}
