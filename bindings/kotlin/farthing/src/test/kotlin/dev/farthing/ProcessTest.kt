package dev.farthing

import org.junit.jupiter.api.Assumptions.assumeTrue
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue

class ProcessTest {
    @Test
    fun `what is bought without a network survives a kill and settles later`() =
        onPhone {
            openWithMoney().shutDown()
            gateway.stop()
            val game = otherProcess("buy")
            val told = game.say(10)
            game.kill()
            assertEquals(10, told.size)

            val wallet = open()
            val kept = wallet.purchases().map { it.id }
            assertTrue(kept.containsAll(told), "told of $told, and $kept are there")
            assertEquals(kept.size.toLong(), wallet.inventory()["hint"])
            assertIs<WalletException.Offline>(assertFailsWith<WalletException> { wallet.sync() })

            gateway.restart()
            assertEquals(kept.size.toLong(), wallet.sync().settled)
            assertEquals(usd("5.00") - usd("0.05") * kept.size, wallet.balance.value["USD"].total)
            wallet.shutDown()
        }

    @Test
    fun `a game that is killed while a card is charged charges it once`() =
        onPhone {
            val wallet = open()
            wallet.sync()
            wallet.addCard(GOOD_CARD)
            val device = checkNotNull(wallet.device())
            wallet.shutDown()
            gateway.setFaults(device, """{"lose_response": {"resource": "top-ups"}}""")
            val game = otherProcess("top-up")
            val begun = game.say(1).single()
            game.kill()

            gateway.setFaults(device, "{}")
            val reopened = open()
            reopened.sync()
            val topUp = reopened.topUps().single()
            assertEquals(begun to TopUpState.Succeeded, topUp.id to topUp.state)
            assertEquals(usd("5.00"), reopened.balance.value["USD"].total)
            reopened.shutDown()
        }

    @Test
    fun `while another process has the wallet it can't be opened, and can once that is gone`() =
        onPhone {
            openWithMoney().shutDown()
            val game = otherProcess("buy")
            game.say(1)
            val open = assertFailsWith<WalletException.AlreadyOpen> { open() }
            assertTrue("close it there first" in open.message.orEmpty())
            game.kill()
            open().shutDown()
        }

    @Test
    fun `on a full disk nothing more is bought, and nothing is lost`() =
        onPhone {
            openWithMoney { syncsByItself = false }.shutDown()
            // A small disk of its own, with the wallet copied onto it, that goes with the process.
            val disk = root.resolve("disk")
            disk.mkdir()
            val mount = "mount -t tmpfs -o size=1m small ${disk.path}"
            assumeTrue(succeeds(listOf("unshare", "--mount", "sh", "-c", mount)), "only root may mount a small disk")
            val move = "cp ${folder.path}/* ${disk.path} && mount --bind ${disk.path} ${folder.path}"
            val script = "$mount && $move && exec \"$@\""
            val game = otherProcess("buy-until-full", listOf("unshare", "--mount", "sh", "-c", script, "sh"))
            val (error, told, kept, owned) = game.say(1).single().split(' ')
            assertEquals("StorageFull", error)
            assertTrue(told.toInt() > 0 && kept.toInt() >= told.toInt(), "$told told, $kept kept")
            assertEquals(kept, owned)
            game.kill()
        }

    private fun succeeds(command: List<String>): Boolean =
        runCatching { ProcessBuilder(command).start().waitFor() == 0 }.getOrDefault(false)
}
