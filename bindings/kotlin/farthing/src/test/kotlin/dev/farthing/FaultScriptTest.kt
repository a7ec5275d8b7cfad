package dev.farthing

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals

/** A fault script of `tests/fault-scripts`, which Rust and Swift live through too, with the same outcome. */
class FaultScriptTest {
    @Test
    fun `on the subway the same syncs get lost as in Rust, and nothing else does`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }
            gateway.playFaultScript(File("../../../tests/fault-scripts/subway.json").readText())
            val topUp = wallet.topUp(usd("5.00"), wallet.cards().single().id)
            assertEquals(TopUpState.Created, topUp.state)
            val cameThrough =
                List(8) {
                    wallet.buy("hint")
                    try {
                        wallet.sync()
                        true
                    } catch (_: WalletException.Offline) {
                        false
                    }
                }
            assertEquals(SYNCS, cameThrough)

            gateway.playFaultScript(null)
            wallet.sync()
            assertEquals(usd("9.60"), wallet.balance.value["USD"].total)
            assertEquals(8, wallet.inventory()["hint"])
            assertEquals(TopUpState.Succeeded, wallet.topUps().single { it.id == topUp.id }.state)
            wallet.shutDown()
        }

    private companion object {
        val SYNCS = listOf(false, true, false, true, true, false, true, false)
    }
}
