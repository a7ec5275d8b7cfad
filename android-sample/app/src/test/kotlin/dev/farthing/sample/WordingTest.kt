package dev.farthing.sample

import org.junit.Test
import java.util.Locale
import kotlin.test.assertEquals

class WordingTest {
    @Test
    fun `what fees take is a percentage with one decimal at most, as the language writes it`() {
        val words = listOf(90_000, 89_980, 44_000, 303_031).map { shareText(it, Locale.US).trim('\u2068', '\u2069') }
        assertEquals(listOf("9%", "9%", "4.4%", "30.3%"), words)
        assertEquals("\u20684,4\u00a0%\u2069", shareText(44_000, Locale.GERMANY))
    }

    @Test
    fun `a rate of tax is written exactly, as the language writes it`() {
        assertEquals("\u206819%\u2069", rateText(190_000, Locale.US))
        assertEquals("\u20688.875%\u2069", rateText(88_750, Locale.US))
        assertEquals("\u20680,0001\u00a0%\u2069", rateText(1, Locale.GERMANY))
    }
}
