#if canImport(CryptoKit) && canImport(Security)
    import Farthing
    import Foundation

    /// Keeps the device's signing key in the Secure Enclave, and secrets in the Keychain.
    ///
    /// The P-256 key is made in the Secure Enclave and never leaves it; where there is none (a simulator, some Macs), it
    /// is a key in the Keychain, and ``protection()`` says so. All items are `AfterFirstUnlockThisDeviceOnly`: background
    /// tasks can use them, and neither backups nor other devices get them.
    ///
    /// **After the app was deleted** and installed again, its Keychain items are still there, and its database is not.
    /// The new wallet then has the old key, so the gateway knows the device again, with its balance.
    ///
    /// **When it can't be used now**, such as before the first unlock since the device started, it is
    /// `KeyStoreError.unavailable`, and nothing was changed: try again later.
    ///
    /// The functions may be called from any task; they are carried out one after the other.
    public final class AppleKeyStore: KeyStore {
        private let keys: DeviceKeys

        /// - Parameter service: Names the items in the Keychain. One wallet has one service.
        public init(service: String = "dev.farthing") {
            keys = DeviceKeys(items: Keychain(service: service), keys: PlatformKeys())
        }

        /// What keeps the signing key. Makes the key when there is none.
        public func protection() async throws(KeyStoreError) -> KeyProtection {
            PlatformKeys.protection(of: try await keys.representation())
        }

        /// The key's public half; makes the key when there is none.
        public func publicKey() async throws(KeyStoreError) -> Data {
            try await keys.publicKey()
        }

        /// Signs a message with ES256.
        public func sign(_ message: Data) async throws(KeyStoreError) -> Data {
            try await keys.sign(message)
        }

        /// The secret of a name, or `nil`.
        public func loadSecret(_ name: String) async throws(KeyStoreError) -> Data? {
            try await keys.loadSecret(name)
        }

        /// Keeps a secret under a name.
        public func storeSecret(_ secret: Data, name: String) async throws(KeyStoreError) {
            try await keys.storeSecret(secret, name: name)
        }

        /// Deletes the signing key and all secrets.
        public func erase() async throws(KeyStoreError) {
            try await keys.erase()
        }
    }
#endif

/// What keeps the signing key of an `AppleKeyStore`.
public enum KeyProtection: Hashable, Sendable {
    /// The Secure Enclave: a processor of its own. iOS itself can use the key there, but not read it.
    case secureEnclave
    /// The Keychain alone, as on simulators. Whoever controls the device can copy the key.
    case software
}
