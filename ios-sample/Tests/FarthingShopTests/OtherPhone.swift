import Foundation
import SandboxGateway

import Farthing

/// Another phone of a player of the game, with $50, of which it keeps some for when it is offline.
final class OtherPhone: Sendable {
    private let wallet: Wallet

    /// Enrols it with a token of the game's back end. It keeps its data in a folder.
    init(_ gateway: SandboxGateway, token: String, in folder: URL) async throws {
        var config = WalletConfig(
            gateway: gateway.address,
            publishableKey: gateway.publishableKey,
            folder: folder.appending(path: "wallet")
        )
        config.rootKey = gateway.rootKey
        config.enrolmentToken = token
        wallet = try await Wallet.open(config, keyStore: SoftwareKeyStore(file: folder.appending(path: "keys.json")))
        try await wallet.sync()
        let card = CardDetails(number: "4242424242424242", expiryMonth: 12, expiryYear: 2_034, cvc: "123")
        try await wallet.topUp(Money("50", "USD"), card: wallet.addCard(card).id)
    }

    /// Buys one of each, and has them settled.
    func buy(_ skus: String...) async throws {
        for sku in skus {
            try await wallet.buy(sku)
        }
        try await wallet.sync()
    }

    func close() async {
        await wallet.close()
    }
}
