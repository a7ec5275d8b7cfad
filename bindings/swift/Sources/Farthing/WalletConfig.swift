import Foundation

/// What a wallet is opened with. The three that each app needs come first; the rest has defaults that are right for
/// most. What is wrong with a setting is told by ``Wallet/open(_:keyStore:)``.
///
/// ```swift
/// var config = WalletConfig(gateway: gateway, publishableKey: "pk_live_…", folder: folder)
/// config.rootKey = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
/// ```
public struct WalletConfig: Sendable {
    /// The gateway's address: `https`, or `http` on this machine.
    public var gateway: URL

    /// The app's `pk_…` key, from the gateway's operator.
    public var publishableKey: String

    /// Where the wallet keeps its database; made when it is not there. Exclude it from backups:
    /// `AppleStorage.folder` of `FarthingApple` is one that is.
    public var folder: URL

    /// The thumbprint of the gateway's root key (43 characters of base64url, as the gateway prints it at its start).
    ///
    /// All trust in the gateway's answers comes from it. Without it, a test key (`pk_test_…`) trusts the first
    /// gateway that answers; any other key is refused.
    public var rootKey: String?

    /// Whose device this is: an enrolment token from the app's own back end, which asks the gateway for one.
    ///
    /// It is used once, when a new wallet enrols; one that was enrolled before needs none. With a live key it is
    /// needed; with a test key a wallet without one gets an account of its own. A token that has expired or was used
    /// ends the sync in `enrolmentRejected`: open the wallet again with a new one.
    public var enrolmentToken: String?

    /// Talks only to servers with one of these TLS keys: the SHA-256 of the SubjectPublicKeyInfo in base64url.
    ///
    /// At least two are needed, the second for the day on which the first is replaced. Usually not needed: money
    /// does not depend on TLS, and a wrong pin locks out every installed app.
    public var keyPins: [String] = []

    /// Certificate authorities (DER) that are trusted beside the web's, for a gateway inside of a company.
    public var tlsRoots: [Data] = []

    /// Whether the wallet syncs by itself, at the start and after each purchase. Without it, only ``Wallet/sync()``
    /// talks to the gateway about purchases.
    public var syncsByItself = true

    /// The wall clock, for tests and QA; the device's own unless told. It is called from threads of the wallet.
    public var clock: (@Sendable () -> Date)?

    /// The settings that each app needs.
    public init(gateway: URL, publishableKey: String, folder: URL) {
        self.gateway = gateway
        self.publishableKey = publishableKey
        self.folder = folder
    }
}

extension WalletConfig: CustomStringConvertible {
    /// For logs; without the key and the token.
    public var description: String {
        "WalletConfig(gateway: \(gateway), folder: \(folder.path), rootKey: \(rootKey ?? "none"))"
    }
}
