import Farthing
import Foundation

/// What the README shows, line by line.
func firstPurchase(gateway: URL, publishableKey: String, gatewayRootKey: String, home: URL) async throws {
    // README
    var config = WalletConfig(gateway: gateway, publishableKey: publishableKey, folder: home.appending(path: "wallet"))
    config.rootKey = gatewayRootKey
    let keyStore = SoftwareKeyStore(file: home.appending(path: "keys.json"))  // on Apple's systems: AppleKeyStore()
    let wallet = try await Wallet.open(config, keyStore: keyStore)
    try await wallet.sync()
    let details = CardDetails(number: "4242 4242 4242 4242", expiryMonth: 12, expiryYear: 2034, cvc: "123")
    let card = try await wallet.addCard(details)
    try await wallet.topUp(Money("5.00", "USD"), card: card.id)
    let purchase = try await wallet.buy("extra_life", idempotencyKey: "tap-1")
    try await wallet.consume("extra_life", operation: "level-7")
    try await wallet.sync()
    let receipt = try await wallet.receipt(purchase.id)
    print("\(purchase.total) paid, \(wallet.balance["USD"].total) left: \(receipt)")
    await wallet.close()
    // README
}
