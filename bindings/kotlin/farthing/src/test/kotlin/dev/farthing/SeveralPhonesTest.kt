package dev.farthing

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

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
            suspend fun phone(name: String): Wallet {
                val token = gateway.enrolmentToken("player-42")
                val config = gateway.config(root.resolve(name)) { enrolmentToken = token }
                return Wallet.open(config, KeyStore.software(root.resolve("$name.json"))).also { it.sync() }
            }
            val first = phone("first")
            first.topUp(usd("50.00"), first.addCard(GOOD_CARD).id)
            val second = phone("second")
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

            val third = phone("third")
            assertEquals(mapOf("lantern" to 1L), third.inventory().items)
            third.isOffline = true
            val refused = assertFailsWith<WalletException.AlreadyOwned> { third.buy("explorer_set") }
            assertEquals("lantern", refused.sku)
            listOf(first, second, third).forEach { it.shutDown() }
        }

    @Test
    fun `a gateway that keeps cards itself takes no payment method of another processor`() =
        onPhone {
            val wallet = openWithMoney()
            val refused = assertFailsWith<WalletException.CardInvalid> { wallet.addPaymentMethod("pm_card_visa") }
            assertEquals("payment_method", refused.field)
            wallet.shutDown()
        }
}
