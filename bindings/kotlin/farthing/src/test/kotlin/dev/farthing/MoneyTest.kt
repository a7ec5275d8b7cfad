package dev.farthing

import java.util.Locale
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals

class MoneyTest {
    @Test
    fun `amounts are exact and equal by what they are`() {
        assertEquals(Money("5", "USD"), Money("5.00", "USD"))
        assertEquals(Money("5", "USD").hashCode(), Money("5.00", "USD").hashCode())
        assertNotEquals(Money("5", "USD"), Money("5", "EUR"))
        assertEquals("5.00 USD", (Money("0.25", "USD") * 20).toString())
        assertEquals("0.005 USD", Money("0.005", "USD").toString())
        assertEquals("100", Money("100", "JPY").amount.toPlainString())
        assertEquals(Money("0.25", "USD"), Money.ofMicros(250_000, "USD"))
        assertEquals("-0.75 USD", (Money("0.25", "USD") - Money("1", "USD")).toString())
    }

    @Test
    fun `nothing is rounded, wrapped or mixed`() {
        for (text in listOf("", "x", "1e3", "+1", "1_000", " 1", "0.0000001", "9999999999999", "1,5")) {
            assertFailsWith<IllegalArgumentException>(text) { Money(text, "USD") }
        }
        assertFailsWith<IllegalArgumentException> { Money("1", "USD") + Money("1", "EUR") }
        assertFailsWith<ArithmeticException> { Money.ofMicros(Long.MAX_VALUE, "USD") + Money("1", "USD") }
        assertFailsWith<ArithmeticException> { Money.ofMicros(Long.MAX_VALUE, "USD") * 2 }
    }

    @Test
    fun `people read amounts as they write them`() {
        assertEquals("$0.25", Money("0.25", "USD").format(Locale.US))
        assertEquals("$0.005", Money("0.005", "USD").format(Locale.US))
        assertEquals("0,25 €", Money("0.25", "EUR").format(Locale.GERMANY).replace('\u00a0', ' '))
        assertEquals("¥100", Money("100", "JPY").format(Locale.US))
        assertEquals("1,200 gems", Money("1200", "gems").format(Locale.US))
    }
}
