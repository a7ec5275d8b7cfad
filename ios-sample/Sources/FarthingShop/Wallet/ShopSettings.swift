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

    /// Where the stand-in for the app store is, or empty for none: `http://127.0.0.1:8471` beside the demo's gateway.
    public var stores: String

    /// Whose a new wallet is: an enrolment token of the game's back end that was not used yet. Empty: nobody's in
    /// particular.
    public var enrolmentToken: String

    /// The name of the wallet that has its player. A backup brings the settings to another phone, and never the wallet.
    public internal(set) var enrolledDevice: String?

    /// How far the wallet's clock is from the device's.
    public var clockSkewHours: Int

    /// Settings; those of the first start, unless told otherwise.
    public init(
        gateway: String = defaultGateway,
        publishableKey: String = "",
        rootKey: String = "",
        stores: String = "",
        enrolmentToken: String = "",
        clockSkewHours: Int = 0
    ) {
        self.gateway = gateway
        self.publishableKey = publishableKey
        self.rootKey = rootKey
        self.stores = stores
        self.enrolmentToken = enrolmentToken
        self.clockSkewHours = clockSkewHours
    }

    /// Reads settings, also those of before there were stores or tokens.
    public init(from decoder: any Decoder) throws {
        let kept = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            gateway: try kept.decode(String.self, forKey: .gateway),
            publishableKey: try kept.decode(String.self, forKey: .publishableKey),
            rootKey: try kept.decode(String.self, forKey: .rootKey),
            stores: try kept.decodeIfPresent(String.self, forKey: .stores) ?? "",
            enrolmentToken: try kept.decodeIfPresent(String.self, forKey: .enrolmentToken) ?? "",
            clockSkewHours: try kept.decode(Int.self, forKey: .clockSkewHours)
        )
        enrolledDevice = try kept.decodeIfPresent(String.self, forKey: .enrolledDevice)
    }

    /// Whether the wallet has its player, so that a token is for the next one.
    public var hasEnrolled: Bool { enrolledDevice != nil }

    /// What is said of the token that can be entered.
    public var tokenWords: ShopText { hasEnrolled ? .setupTokenNext : .setupTokenText }

    /// The same without the spaces that pasting leaves.
    public var trimmed: ShopSettings {
        var trimmed = self
        trimmed.gateway = gateway.trimmingCharacters(in: .whitespacesAndNewlines)
        trimmed.publishableKey = publishableKey.trimmingCharacters(in: .whitespacesAndNewlines)
        trimmed.rootKey = rootKey.trimmingCharacters(in: .whitespacesAndNewlines)
        trimmed.stores = stores.trimmingCharacters(in: .whitespacesAndNewlines)
        trimmed.enrolmentToken = enrolmentToken.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed
    }

    /// Whether there is enough to open a wallet with.
    public var isComplete: Bool { !trimmed.gateway.isEmpty && !trimmed.publishableKey.isEmpty }
}
