package dev.farthing

/**
 * What an app store has given the app for a pack of balance, for [Wallet.topUpFromStore].
 *
 * ```kotlin
 * // From Play's billing library, once `purchase.purchaseState` is PURCHASED or PENDING:
 * val bought = StorePurchase.GooglePlay(purchase.products.single(), purchase.purchaseToken)
 * val topUp = wallet.topUpFromStore(bought)
 * ```
 */
public sealed interface StorePurchase {
    /**
     * Bought in Apple's App Store.
     *
     * @property signedTransaction StoreKit 2's signed transaction (`jwsRepresentation`). [toString] is without it.
     */
    public data class AppStore(
        val signedTransaction: String,
    ) : StorePurchase {
        override fun toString(): String = "AppStore"
    }

    /**
     * Bought in Google Play. The gateway consumes and acknowledges it: the app must do neither.
     *
     * @property product The product's name in the Play Console: the only one of `Purchase.getProducts()`.
     * @property purchaseToken `Purchase.getPurchaseToken()`. Whoever has it may ask Google about the purchase, so [toString] is
     * without it.
     */
    public data class GooglePlay(
        val product: String,
        val purchaseToken: String,
    ) : StorePurchase {
        override fun toString(): String = "GooglePlay(product=$product)"
    }
}

/**
 * How far a pack is that was bought in a store.
 *
 * @property amount What it credits.
 * @property isCredited Whether it is in the balance. If not, the player has yet to pay at the store, and the wallet asks
 * again with each [Wallet.sync].
 */
public data class StoreTopUp(
    val amount: Money,
    val isCredited: Boolean,
)
