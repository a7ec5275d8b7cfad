package dev.farthing.sample.limits

import dev.farthing.Money
import dev.farthing.SpendingLimits
import org.junit.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class TypedLimitsTest {
    @Test
    fun `a comma is a point, and an empty field limits nothing`() {
        val typed = mapOf(LimitField.DAY to " 2,50 ", LimitField.WEEK to "", LimitField.ASK_ABOVE to "0")
        assertEquals(SpendingLimits(day = Money("2.50", "USD"), askAbove = Money("0", "USD")), limits(typed))
    }

    @Test
    fun `what is no amount is no limit`() {
        for (text in listOf("", "  ", "5", "5.25", "5,25")) assertTrue(isLimit(text), text)
        for (text in listOf("five", "5,2,5", "1e3", "\$5", "0.0000001")) assertFalse(isLimit(text), text)
    }

    @Test
    fun `the limits that hold are in the fields as they were typed`() {
        val holds = SpendingLimits(purchase = Money("1.50", "USD"), month = Money("100", "USD"))
        assertEquals(holds, limits(typed(holds)))
        assertEquals("100", typed(holds)[LimitField.MONTH])
    }
}
