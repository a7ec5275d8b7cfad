package dev.farthing.sample

import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import dev.farthing.Money
import dev.farthing.PurchaseState
import dev.farthing.StorePurchase
import dev.farthing.sample.packs.Pack
import dev.farthing.sample.packs.PackStore
import dev.farthing.sample.packs.StandInPackStore
import kotlinx.coroutines.runBlocking
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.io.IOException
import java.util.UUID
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** Packs of balance that a stand-in for the store sells, credited by a real gateway. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], qualifiers = "w400dp-h860dp-mdpi", application = TestShopApplication::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class PacksTest {
    private val world = GatewayRule(hasStores = true)
    private val compose = createAndroidComposeRule<MainActivity>()
    private val player = Player(compose)

    @get:Rule val rules: RuleChain = RuleChain.outerRule(world).around(compose)

    @Test
    fun `a pack from the store is credited, consumed there, and spent`() {
        player.enterShop()
        player.open(Place.PACKS)
        player.see("packs_stand_in")
        player.press("buy_balance_5")
        player.read("from the store is in your purse")
        player.waitFor { player.balance() == usd("5") }
        player.waitFor { world.stores.unfinishedAtGooglePlay(account()) == 0 }
        player.goTo(Room.SHOP)
        player.buy("golden_key")
        player.waitFor { player.purchases().single().state is PurchaseState.Settled }
        assertEquals(usd("4.01"), player.balance())
    }

    @Test
    fun `a double tap buys one pack`() {
        player.enterShop()
        player.open(Place.PACKS)
        player.see("buy_balance_10")
        compose.onNodeWithTag("buy_balance_10").performClick()
        compose.onNodeWithTag("buy_balance_10").performClick()
        compose.activityRule.scenario.recreate()
        player.read("from the store is in your purse")
        startAgainWith(usd("10"))
    }

    @Test
    fun `a pack that was paid when the app was killed is credited once, at the next start`() {
        player.enterShop()
        world.stores.sellAtGooglePlay("balance_20", account())
        player.restart()
        player.read("from the store is in your purse")
        player.waitFor { player.balance() == usd("20") }
        startAgainWith(usd("20"))
    }

    @Test
    fun `a pack that is bought in airplane mode is credited once it is switched off`() {
        player.enterShop()
        player.tap("airplane")
        player.buyPack("balance_5")
        player.read("It is credited once there is a connection")
        player.see("packs_waiting")
        assertTrue(player.balance().isZero)
        player.tap("airplane")
        player.read("from the store is in your purse")
        player.miss("packs_waiting")
        startAgainWith(usd("5"))
    }

    @Test
    fun `a pack that the gateway has not heard of is kept over a restart, and credited once`() {
        player.enterShop()
        world.gateway.stop()
        player.buyPack("balance_5")
        player.read("It is credited once there is a connection")
        player.restart()
        player.see("packs_waiting")
        assertTrue(player.balance().isZero)
        world.gateway.restart()
        player.open(Place.PACKS)
        player.waitFor { player.balance() == usd("5") }
        player.miss("packs_waiting")
        startAgainWith(usd("5"))
    }

    @Test
    fun `a pack that the store has sold, and whose answer was lost, is credited once`() {
        player.enterShop()
        player.app.otherStore =
            object : PackStore by StandInPackStore(world.stores.address) {
                override suspend fun buy(
                    pack: Pack,
                    account: String,
                ): StorePurchase {
                    world.stores.sellAtGooglePlay(pack.product, account)
                    throw IOException("lost")
                }
            }
        player.restart()
        player.buyPack("balance_5")
        player.read("The store can’t be reached")
        player.read("from the store is in your purse")
        startAgainWith(usd("5"))
    }

    @Test
    fun `a pack of another player is not credited, and the player is told`() {
        player.enterShop()
        val token = world.stores.sellAtGooglePlay("balance_5", UUID.randomUUID().toString())
        player.app.otherStore =
            object : PackStore by StandInPackStore(world.stores.address) {
                override suspend fun unfinished(account: String) = listOf(StorePurchase.GooglePlay("balance_5", token))
            }
        player.restart()
        player.read("belongs to another player")
        assertTrue(player.balance().isZero)
    }

    @Test
    fun `a store that can't be reached sells nothing and takes nothing, and is looked for again`() {
        player.enterShop()
        player.open(Place.PACKS)
        player.see("buy_balance_5")
        world.stores.stop()
        player.press("buy_balance_5")
        player.read("The store can’t be reached")
        assertTrue(player.balance().isZero)
        player.goTo(Room.SHOP)
        player.open(Place.PACKS)
        player.see("packs_unreachable")
        world.stores.restart()
        player.press("look_again")
        player.see("buy_balance_5")
    }

    @Test
    fun `where no store was named, there is none`() {
        player.enterShop()
        runBlocking { player.app.session.change(player.app.session.settings.value.copy(stores = "")) }
        player.open(Place.PACKS)
        player.see("packs_none")
    }

    /** Whatever the store and the wallet still know of, it was credited once. */
    private fun startAgainWith(balance: Money) {
        player.waitFor { world.stores.unfinishedAtGooglePlay(account()) == 0 }
        player.restart()
        player.open(Place.PACKS)
        player.see("buy_balance_5")
        player.settleDown()
        assertEquals(balance, player.balance())
    }

    private fun account(): String = checkNotNull(runBlocking { player.wallet.account() })

    private fun usd(amount: String) = Money(amount, "USD")
}
