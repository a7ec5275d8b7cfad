package dev.farthing

import app.cash.turbine.test
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

class JourneyTest {
    @Test
    fun `a new player enrols, tops up, buys, uses, settles and has a receipt`() =
        onPhone {
            val wallet = open()
            assertNull(wallet.device())
            wallet.sync()
            assertNotNull(wallet.device())
            val card = wallet.addCard(GOOD_CARD)
            assertEquals(CardBrand.VISA to "4242", card.brand to card.lastFour)
            assertEquals(listOf(card), wallet.cards())
            assertEquals(TopUpState.Succeeded, wallet.topUp(usd("5.00"), card.id).state)
            assertEquals(usd("5.00"), wallet.balance.value["USD"].total)

            val purchase = wallet.buy("extra_life", quantity = 2)
            assertEquals(usd("0.50"), purchase.total)
            assertEquals(usd("4.50"), wallet.balance.value["USD"].total)
            assertEquals(2, wallet.inventory()["extra_life"])
            assertEquals(1, wallet.consume("extra_life", operation = "level-7"))
            assertEquals(1, wallet.consume("extra_life", operation = "level-7"), "done once")

            wallet.sync()
            val state = assertIs<PurchaseState.Settled>(wallet.purchases().single().state)
            assertEquals(purchase.total, state.split.processor + state.split.platform + state.split.developer)
            assertEquals(3, wallet.receipt(purchase.id).split('.').size)
            wallet.removeCard(card.id)
            assertEquals(emptyList(), wallet.cards())
            wallet.shutDown()
        }

    @Test
    fun `a rejected purchase gives the money back and takes the unused items`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }
            gateway.setFaults(checkNotNull(wallet.device()), """{"reject": {"reason": "wrong_price", "count": 1}}""")
            wallet.buy("golden_key")
            assertEquals(usd("4.01"), wallet.balance.value["USD"].total)
            wallet.events.filterIsInstance<WalletEvent.Rejected>().test {
                wallet.sync()
                val rejected = awaitItem()
                assertEquals(RejectionReason.WRONG_PRICE to 1L, rejected.reason to rejected.revoked)
            }
            assertEquals(usd("5.00"), wallet.balance.value["USD"].total)
            assertEquals(0, wallet.inventory()["golden_key"])
            assertEquals(PurchaseState.Rejected(RejectionReason.WRONG_PRICE), wallet.purchases().single().state)
            wallet.shutDown()
        }

    @Test
    fun `a card with 3-D Secure is charged once the player has confirmed`() =
        onPhone {
            val wallet = open()
            wallet.sync()
            val topUp = wallet.topUp(usd("5.00"), wallet.addCard(card("4000 0027 6000 3184")).id)
            val action = assertIs<TopUpState.RequiresAction>(topUp.state)
            assertTrue(wallet.balance.value["USD"].total.isZero)
            gateway.confirm(action.url)
            wallet.sync()
            assertEquals(TopUpState.Succeeded, wallet.topUps().single().state)
            assertEquals(usd("5.00"), wallet.balance.value["USD"].total)
            wallet.shutDown()
        }

    @Test
    fun `a top-up whose answer is lost and whose app is closed is charged once`() =
        onPhone {
            val wallet = open()
            wallet.sync()
            val card = wallet.addCard(GOOD_CARD)
            val device = checkNotNull(wallet.device())
            gateway.setFaults(device, """{"lose_response": {"resource": "top-ups"}}""")
            assertEquals(TopUpState.Created, wallet.topUp(usd("5.00"), card.id).state)
            wallet.shutDown()

            gateway.setFaults(device, "{}")
            val reopened = open()
            reopened.sync()
            assertEquals(TopUpState.Succeeded, reopened.topUps().single().state)
            assertEquals(usd("5.00"), reopened.balance.value["USD"].total)
            reopened.shutDown()
        }

    @Test
    fun `the balance flows`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }
            wallet.balance.test {
                assertEquals(usd("5.00"), awaitItem()["USD"].total)
                wallet.buy("extra_life")
                val spent = awaitItem()["USD"]
                assertEquals(usd("4.75") to usd("0.25"), spent.total to spent.pending)
                wallet.sync()
                assertTrue(wallet.balance.first { it["USD"].pending.isZero }["USD"].total == usd("4.75"))
                cancelAndIgnoreRemainingEvents()
            }
            wallet.shutDown()
        }
}
