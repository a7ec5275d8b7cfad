package dev.farthing

import java.math.BigDecimal
import java.text.NumberFormat
import java.util.Locale
import java.util.Currency as IsoCurrency

/**
 * An exact amount of one currency, counted in **micros**: millionths of the major unit
 * (250,000 micros of `USD` are $0.25), as Google Play's billing library counts.
 *
 * Arithmetic is checked: it never wraps, never rounds and never mixes currencies. Two amounts are
 * equal when they are the same amount of the same currency: `5 USD` equals `5.00 USD`.
 *
 * ```kotlin
 * val price = Money("0.25", "USD")
 * check((price * 20).toString() == "5.00 USD")
 * ```
 *
 * @property micros Millionths of the major unit.
 * @property currency An ISO 4217 code (`USD`), or a virtual currency of the game (`gems`).
 */
public class Money private constructor(
    public val micros: Long,
    public val currency: String,
) : Comparable<Money> {
    /**
     * An amount of major units.
     *
     * @throws IllegalArgumentException when it has more than six decimals or is out of range
     * (±9,223,372,036,854.775807); nothing is rounded.
     */
    public constructor(amount: BigDecimal, currency: String) : this(micros(amount), currency)

    /**
     * An amount from text such as `"0.25"`.
     *
     * @throws IllegalArgumentException when the text is no decimal number, or as for a [BigDecimal].
     */
    public constructor(amount: String, currency: String) : this(decimal(amount), currency)

    /** The amount in major units, with no more decimals than it needs. */
    public val amount: BigDecimal
        get() {
            val exact = BigDecimal.valueOf(micros, MICROS_DECIMALS).stripTrailingZeros()
            return if (exact.scale() < 0) exact.setScale(0) else exact
        }

    /** Whether it is nothing. */
    public val isZero: Boolean get() = micros == 0L

    /**
     * The sum.
     *
     * @throws IllegalArgumentException for another currency.
     * @throws ArithmeticException when it is out of range.
     */
    public operator fun plus(other: Money): Money = Money(Math.addExact(micros, sameCurrency(other).micros), currency)

    /**
     * The difference; it may be negative.
     *
     * @throws IllegalArgumentException for another currency.
     * @throws ArithmeticException when it is out of range.
     */
    public operator fun minus(other: Money): Money =
        Money(Math.subtractExact(micros, sameCurrency(other).micros), currency)

    /**
     * The amount, [quantity] times.
     *
     * @throws ArithmeticException when it is out of range.
     */
    public operator fun times(quantity: Int): Money = Money(Math.multiplyExact(micros, quantity.toLong()), currency)

    /**
     * Which is more.
     *
     * @throws IllegalArgumentException for another currency.
     */
    override fun compareTo(other: Money): Int = micros.compareTo(sameCurrency(other).micros)

    /**
     * For people: `$0.25`, `0,25 €`, `120 gems`. Never rounded: what is below a cent is shown.
     *
     * @param locale How amounts are written; the device's own unless told.
     */
    @JvmOverloads
    public fun format(locale: Locale = Locale.getDefault()): String {
        val iso = isoCurrency()
        val format =
            if (iso ==
                null
            ) {
                NumberFormat.getNumberInstance(locale)
            } else {
                NumberFormat.getCurrencyInstance(locale)
            }
        if (iso != null) format.currency = iso
        format.minimumFractionDigits = fractionDigits()
        format.maximumFractionDigits = MICROS_DECIMALS
        val text = format.format(amount)
        return if (iso == null) "$text $currency" else text
    }

    override fun equals(other: Any?): Boolean = other is Money && micros == other.micros && currency == other.currency

    override fun hashCode(): Int = 31 * micros.hashCode() + currency.hashCode()

    /** For logs: `0.25 USD`, at least with the decimals of the currency's minor unit. */
    override fun toString(): String {
        val exact = amount
        val digits = fractionDigits()
        return "${(if (exact.scale() < digits) exact.setScale(digits) else exact).toPlainString()} $currency"
    }

    private fun isoCurrency(): IsoCurrency? = runCatching { IsoCurrency.getInstance(currency) }.getOrNull()

    private fun fractionDigits(): Int = isoCurrency()?.defaultFractionDigits?.coerceAtLeast(0) ?: 0

    private fun sameCurrency(other: Money): Money {
        require(currency == other.currency) { "$currency and ${other.currency} can't be mixed in one amount" }
        return other
    }

    /** Other ways to an amount. */
    public companion object {
        private const val MICROS_DECIMALS = 6
        private const val TEXT_MAX = 32

        /** An amount from millionths of the major unit. */
        @JvmStatic
        public fun ofMicros(
            micros: Long,
            currency: String,
        ): Money = Money(micros, currency)

        /** Nothing, in a currency. */
        @JvmStatic
        public fun zero(currency: String): Money = Money(0, currency)

        private fun micros(amount: BigDecimal): Long =
            try {
                amount.movePointRight(MICROS_DECIMALS).longValueExact()
            } catch (cause: ArithmeticException) {
                throw IllegalArgumentException("an amount has at most 6 decimals and 13 digits before them", cause)
            }

        private fun decimal(text: String): BigDecimal =
            requireNotNull(text.takeIf { it.length <= TEXT_MAX }?.takeIf(DECIMAL::matches)?.toBigDecimalOrNull()) {
                "\"${text.take(TEXT_MAX)}\" is no decimal amount; write it like \"0.25\""
            }

        private val DECIMAL = Regex("-?[0-9]+(\\.[0-9]+)?")
    }
}
