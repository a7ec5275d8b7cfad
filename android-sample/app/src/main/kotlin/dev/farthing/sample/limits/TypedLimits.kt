package dev.farthing.sample.limits

import androidx.annotation.StringRes
import dev.farthing.Money
import dev.farthing.SpendingLimits
import dev.farthing.sample.R
import dev.farthing.sample.wallet.SHOP_CURRENCY

/**
 * What can be limited.
 *
 * @property label Its name for players.
 * @property isGuardians Whether it is for guardians only.
 */
enum class LimitField(
    @param:StringRes val label: Int,
    val isGuardians: Boolean = false,
) {
    PURCHASE(R.string.limit_purchase),
    DAY(R.string.limit_day),
    WEEK(R.string.limit_week),
    MONTH(R.string.limit_month),
    ASK_ABOVE(R.string.limit_ask_above, isGuardians = true),
}

/** What is in the fields for the limits that hold. */
fun typed(limits: SpendingLimits): Map<LimitField, String> =
    LimitField.entries.associateWith { field ->
        val limit =
            when (field) {
                LimitField.PURCHASE -> limits.purchase
                LimitField.DAY -> limits.day
                LimitField.WEEK -> limits.week
                LimitField.MONTH -> limits.month
                LimitField.ASK_ABOVE -> limits.askAbove
            }
        limit?.amount?.toPlainString().orEmpty()
    }

/** Whether a field holds nothing, or an amount with a point or a comma. */
fun isLimit(text: String): Boolean = text.isBlank() || runCatching { amount(text) }.isSuccess

/** The limits that were typed; each one [isLimit]. An empty field limits nothing. */
fun limits(typed: Map<LimitField, String>): SpendingLimits {
    fun of(field: LimitField) = typed[field]?.takeIf(String::isNotBlank)?.let(::amount)
    return SpendingLimits(
        purchase = of(LimitField.PURCHASE),
        day = of(LimitField.DAY),
        week = of(LimitField.WEEK),
        month = of(LimitField.MONTH),
        askAbove = of(LimitField.ASK_ABOVE),
    )
}

private fun amount(text: String): Money = Money(text.trim().replace(',', '.'), SHOP_CURRENCY)
