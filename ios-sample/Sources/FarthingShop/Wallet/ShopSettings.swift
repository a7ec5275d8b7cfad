import Foundation

/// Which gateway the shop talks to, and by what time. A shipped game has these as constants; here QA changes them.
public struct ShopSettings: Codable, Hashable, Sendable {
    /// Where `cargo xtask demo --serve` listens. From a simulator, `127.0.0.1` is the Mac that it runs on.
    public static let defaultGateway = "http://127.0.0.1:8470"

    /// The gateway's address.
    public var gateway: String

    /// The app's key, as the gateway prints it at its start.
    public var publishableKey: String

    /// The thumbprint of the gateway's root key, or empty to trust the first gateway that answers.
    public var rootKey: String

    /// How far the wallet's clock is from the device's.
    public var clockSkewHours: Int

    /// Settings; those of the first start, unless told otherwise.
    public init(
        gateway: String = defaultGateway,
        publishableKey: String = "",
        rootKey: String = "",
        clockSkewHours: Int = 0
    ) {
        self.gateway = gateway
        self.publishableKey = publishableKey
        self.rootKey = rootKey
        self.clockSkewHours = clockSkewHours
    }

    /// The same without the spaces that pasting leaves.
    public var trimmed: ShopSettings {
        var trimmed = self
        trimmed.gateway = gateway.trimmingCharacters(in: .whitespacesAndNewlines)
        trimmed.publishableKey = publishableKey.trimmingCharacters(in: .whitespacesAndNewlines)
        trimmed.rootKey = rootKey.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed
    }

    /// Whether there is enough to open a wallet with.
    public var isComplete: Bool { !trimmed.gateway.isEmpty && !trimmed.publishableKey.isEmpty }
}
