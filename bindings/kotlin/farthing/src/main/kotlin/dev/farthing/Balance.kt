package dev.farthing

import java.time.Instant

/**
 * What the player has. Exact for this device; what other devices of the account spend shows after
 * the next sync.
 *
 * @property currencies Each currency, sorted by its code.
 * @property asOf When the gateway last confirmed it, by the gateway's clock; `null` before the first sync.
 */
public data class Balance(
    val currencies: List<CurrencyBalance>,
    val asOf: Instant?,
) {
    /** What the player has of a currency; nothing if it never occurred. */
    public operator fun get(currency: String): CurrencyBalance =
        currencies.find { it.total.currency == currency }
            ?: Money.zero(currency).let { CurrencyBalance(total = it, offlineSpendable = it, pending = it) }
}

/**
 * What the player has of one currency.
 *
 * @property total All that can be spent: reserved for this device or not.
 * @property offlineSpendable What can be spent on this device without a connection.
 * @property pending What was spent here and waits for settlement. It has left [total] already.
 */
public data class CurrencyBalance(
    val total: Money,
    val offlineSpendable: Money,
    val pending: Money,
)
