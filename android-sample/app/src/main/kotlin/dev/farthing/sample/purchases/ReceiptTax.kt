package dev.farthing.sample.purchases

import dev.farthing.Money
import org.json.JSONException
import org.json.JSONObject
import java.util.Base64

/**
 * The tax that is in a price.
 *
 * @property country Where the player lives, in two letters.
 * @property perMillion The rate: 190,000 are 19 %.
 * @property amount How much of the price it is.
 */
data class ReceiptTax(
    val country: String,
    val perMillion: Int,
    val amount: Money,
) {
    companion object {
        /**
         * What a signed receipt says, or `null` where it says nothing of a tax. It is read to be shown: that the
         * gateway has signed it, the wallet has checked.
         */
        fun of(receipt: String): ReceiptTax? =
            try {
                val claims = String(Base64.getUrlDecoder().decode(receipt.split(".")[1]))
                JSONObject(claims).optJSONObject("tax")?.let {
                    val amount = it.getJSONObject("amount")
                    ReceiptTax(
                        it.getString("country"),
                        it.getInt("per_million"),
                        Money(amount.getString("amount"), amount.getString("currency")),
                    )
                }
            } catch (_: JSONException) {
                // A later gateway may write it another way; a receipt without its tax is still one.
                null
            }
    }
}
