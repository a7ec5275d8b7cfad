package dev.farthing

import java.io.File
import java.lang.management.ManagementFactory
import kotlin.test.Test
import kotlin.test.assertTrue

class MemoryTest {
    @Test
    fun `a hundred thousand calls leave nothing behind`() =
        onPhone {
            val wallet = openWithMoney { syncsByItself = false }

            suspend fun call(times: Int) =
                repeat(times) {
                    when (it % 4) {
                        0 -> wallet.buy("hint", idempotencyKey = "the-same")
                        1 -> wallet.inventory()
                        2 -> runCatching { wallet.buy("no such item") }
                        else -> wallet.purchases(PurchaseFilter(limit = 1))
                    }
                }
            call(10_000)
            val before = nativeMegabytes()
            call(100_000)
            val growth = nativeMegabytes() - before
            // What leaked 100 bytes in each call would have left 10 MB.
            assertTrue(growth < 8, "grew by $growth MB")
            wallet.shutDown()
        }

    /** What the process holds beside the heap of the JVM. */
    private fun nativeMegabytes(): Long {
        System.gc()
        val resident = File("/proc/self/status").readLines().first { it.startsWith("VmRSS") }
        val kilobytes = resident.filter(Char::isDigit).toLong()
        return kilobytes / 1_024 - heapMegabytes()
    }

    private fun heapMegabytes(): Long = ManagementFactory.getMemoryMXBean().heapMemoryUsage.committed / 1_048_576
}
