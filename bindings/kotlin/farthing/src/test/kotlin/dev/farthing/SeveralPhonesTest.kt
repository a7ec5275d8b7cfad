package dev.farthing

import app.cash.turbine.test
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class SeveralPhonesTest {
    @Test
    fun `a player's money is there on each of the player's phones`() =
        onPhone {
            val invitation = gateway.enrolmentToken("player-42")
            val first = open { enrolmentToken = invitation }
            first.sync()
            first.topUp(usd("50.00"), first.addCard(GOOD_CARD).id)
            val token = gateway.enrolmentToken("player-42")
            val config = gateway.config(root.resolve("second")) { enrolmentToken = token }
            val second = Wallet.open(config, KeyStore.software(root.resolve("second.json")))
            second.sync()
            // The first phone has reserved the rest.
            assertEquals(usd("30.00"), second.balance.value["USD"].total)
            assertEquals(1, second.cards().size)
            second.buy("hint")
            second.sync()
            assertEquals(usd("29.95"), second.balance.value["USD"].total)

            // A token is good for one phone.
            val thief = gateway.config(root.resolve("third")) { enrolmentToken = token }
            val third = Wallet.open(thief, KeyStore.software(root.resolve("third.json")))
            assertFailsWith<WalletException.EnrolmentRejected> { third.sync() }
            listOf(first, second, third).forEach { it.shutDown() }
        }

    @Test
    fun `what is owned for ever is there on a new phone and is paid for once`() =
        onPhone {
            val first = phoneOfPlayer("first")
            first.topUp(usd("50.00"), first.addCard(GOOD_CARD).id)
            val second = phoneOfPlayer("second")
            // Neither has heard of the other.
            first.isOffline = true
            second.isOffline = true
            first.buy("lantern")
            val late = second.buy("lantern")
            second.buy("hint")
            for (wallet in listOf(first, second)) {
                wallet.isOffline = false
                wallet.sync()
                assertEquals(1, wallet.inventory()["lantern"])
            }
            val refunded = second.purchases().first { it.id == late.id }.state
            assertEquals(usd("1.49"), (refunded as PurchaseState.Refunded).amount)

            val third = phoneOfPlayer("third")
            assertEquals(mapOf("lantern" to 1L), third.inventory().items)
            third.isOffline = true
            val refused = assertFailsWith<WalletException.AlreadyOwned> { third.buy("explorer_set") }
            assertEquals("lantern", refused.sku)
            listOf(first, second, third).forEach { it.shutDown() }
        }

    @Test
    fun `what another phone has bought is listed, without a network too, and is given back there`() =
        onPhone {
            val first = phoneOfPlayer("first")
            first.topUp(usd("50.00"), first.addCard(GOOD_CARD).id)
            val second = phoneOfPlayer("second")
            first.isOffline = true
            val bought = listOf("hint", "health_potion").map { first.buy(it).id }
            first.isOffline = false
            first.sync()
            val own = second.buy("hint").id
            second.events.test {
                second.sync()
                second.sync()
                var event = awaitItem()
                while (event !is WalletEvent.PurchasesArrived) event = awaitItem()
                assertEquals(2, event.count)
                cancelAndIgnoreRemainingEvents()
            }

            second.isOffline = true
            val shown = second.purchases()
            assertEquals(bought.reversed(), shown.filter { it.isFromAnotherDevice }.map { it.id })
            assertEquals(listOf(own), shown.filterNot { it.isFromAnotherDevice }.map { it.id })
            assertTrue(shown.all { it.state is PurchaseState.Settled })
            assertEquals(mapOf("hint" to 1L), second.inventory().items)
            val refused = assertFailsWith<WalletException.InvalidArgument> { second.refund(bought[0]) }
            assertEquals("purchase", refused.field)

            first.refund(bought[0])
            second.isOffline = false
            second.sync()
            val refunded = second.purchases().first { it.id == bought[0] }
            assertEquals(usd("0.05"), (refunded.state as PurchaseState.Refunded).amount)
            assertEquals(1, second.refundReceipts(bought[0]).size)
            assertEquals(3, second.receipt(bought[0]).split(".").size)
            listOf(first, second).forEach { it.shutDown() }
        }

    @Test
    fun `a gateway that keeps cards itself takes no payment method of another processor`() =
        onPhone {
            val wallet = openWithMoney()
            val refused = assertFailsWith<WalletException.CardInvalid> { wallet.addPaymentMethod("pm_card_visa") }
            assertEquals("payment_method", refused.field)
            wallet.shutDown()
        }

    /** One of the player's phones, enrolled and synced. */
    private suspend fun Phone.phoneOfPlayer(name: String): Wallet {
        val token = gateway.enrolmentToken("player-42")
        val config = gateway.config(root.resolve(name)) { enrolmentToken = token }
        return Wallet.open(config, KeyStore.software(root.resolve("$name.json"))).also { it.sync() }
    }
}
