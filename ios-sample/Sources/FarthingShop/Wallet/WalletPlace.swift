import Farthing
import Foundation

/// Where a wallet is on this device.
public struct WalletPlace: Sendable {
    /// The folder of its database.
    public let folder: URL

    /// What keeps its keys.
    public let keyStore: any KeyStore

    /// A place. On an iPhone these are `AppleStorage.walletFolder()` and `AppleKeyStore`.
    public init(folder: URL, keyStore: any KeyStore) {
        self.folder = folder
        self.keyStore = keyStore
    }

    /// Opens the wallet by settings; `nil` when their address is none.
    func open(_ settings: ShopSettings) async throws(WalletError) -> Wallet? {
        guard let gateway = URL(string: settings.gateway) else { return nil }
        var config = WalletConfig(gateway: gateway, publishableKey: settings.publishableKey, folder: folder)
        config.rootKey = settings.rootKey.isEmpty ? nil : settings.rootKey
        config.enrolmentToken = settings.enrolmentToken.isEmpty ? nil : settings.enrolmentToken
        if settings.clockSkewHours != 0 {
            let skew = TimeInterval(settings.clockSkewHours) * 3_600
            config.clock = { Date().addingTimeInterval(skew) }
        }
        return try await Wallet.open(config, keyStore: keyStore)
    }

    /// Sets a wallet aside that can't be opened any more.
    func startOver() async throws(WalletError) {
        try await Wallet.startOver(folder: folder, keyStore: keyStore)
    }
}
