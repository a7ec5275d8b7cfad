import Foundation
import Testing

import Farthing
import SandboxGateway

let goodCard = card("4242 4242 4242 4242")

func card(_ number: String) -> CardDetails {
    CardDetails(number: number, expiryMonth: 12, expiryYear: 2034, cvc: "123")
}

func usd(_ amount: String) -> Money {
    guard let money = try? Money(amount, "USD") else { preconditionFailure("\(amount) is no amount") }
    return money
}

/// A place where nothing of an earlier test is, with a gateway of its own.
final class Phone: Sendable {
    let root: URL
    let gateway: SandboxGateway
    let keys: SoftwareKeyStore

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "farthing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        gateway = try SandboxGateway(data: root.appending(path: "gateway"))
        keys = SoftwareKeyStore(file: root.appending(path: "keys.json"))
    }

    deinit {
        try? FileManager.default.removeItem(at: root)
    }

    var folder: URL { root.appending(path: "wallet") }

    var config: WalletConfig {
        var config = WalletConfig(gateway: gateway.address, publishableKey: gateway.publishableKey, folder: folder)
        config.rootKey = gateway.rootKey
        config.syncsByItself = false
        return config
    }

    func open() async throws(WalletError) -> Wallet {
        try await Wallet.open(config, keyStore: keys)
    }

    /// A wallet with $5 in it, synced.
    func openWithMoney() async throws -> Wallet {
        let wallet = try await open()
        try await wallet.sync()
        try await wallet.topUp(usd("5.00"), card: wallet.addCard(goodCard).id)
        try await wallet.sync()
        return wallet
    }
}
