package dev.farthing

import java.io.File

/** What the README shows, line by line. */
suspend fun firstPurchase(
    gateway: String,
    publishableKey: String,
    gatewayRootKey: String,
    home: File,
) {
    // README
    val config = WalletConfig(gateway, publishableKey, File(home, "wallet")) { rootKey = gatewayRootKey }
    val wallet = Wallet.open(config, KeyStore.software(File(home, "keys.json")))
    wallet.sync()
    val card = wallet.addCard(CardDetails("4242 4242 4242 4242", expiryMonth = 12, expiryYear = 2034, cvc = "123"))
    wallet.topUp(Money("5.00", "USD"), card.id)
    val purchase = wallet.buy("extra_life", idempotencyKey = "tap-1")
    wallet.consume("extra_life", operation = "level-7")
    wallet.sync()
    println("${purchase.total} paid, ${wallet.balance.value["USD"].total} left: ${wallet.receipt(purchase.id)}")
    wallet.close()
    // README
}
