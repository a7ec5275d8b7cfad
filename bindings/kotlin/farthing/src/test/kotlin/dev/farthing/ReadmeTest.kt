package dev.farthing

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals

class ReadmeTest {
    @Test
    fun `the steps of the README buy something`() =
        onPhone {
            firstPurchase(gateway.address, gateway.publishableKey, gateway.rootKey, root)
            val wallet = open()
            assertEquals(usd("4.75"), wallet.balance.value["USD"].total)
            wallet.close()
        }

    @Test
    fun `the README shows the code that runs here`() {
        val shown = Regex("```kotlin\n(.*?)```", RegexOption.DOT_MATCHES_ALL).findAll(File("../README.md").readText())
        val lines = shown.flatMap { it.groupValues[1].lines() }.map(String::trim).filter(String::isNotEmpty).toList()
        val source = File("src/test/kotlin/dev/farthing/FirstPurchase.kt").readLines().map(String::trim)
        val run = source.dropWhile { it != "// README" }.drop(1).takeWhile { it != "// README" }
        assertEquals(lines, run)
    }
}
