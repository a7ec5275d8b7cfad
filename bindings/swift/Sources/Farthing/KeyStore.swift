import Foundation

/// Keeps the device's signing key and some small secrets.
///
/// On iOS and macOS use `AppleKeyStore` of `FarthingApple`; Linux and tests use ``SoftwareKeyStore``.
///
/// None of it is in the path of a purchase, so it may be slow. Secrets must survive a restart of the app and must
/// **not** be part of backups: that is how a restored backup is known. The functions are called one after the
/// other or at once.
public protocol KeyStore: AnyObject, Sendable {
    /// The P-256 key's public half, as the 65 bytes of its uncompressed point (SEC 1, 2.3.3). Makes the key when
    /// there is none.
    func publicKey() async throws(KeyStoreError) -> Data

    /// Signs a message with ES256 (SHA-256 inside); returns the 64 bytes `r || s` (RFC 7518, 3.4), not DER.
    func sign(_ message: Data) async throws(KeyStoreError) -> Data

    /// The secret of a name, or `nil`.
    func loadSecret(_ name: String) async throws(KeyStoreError) -> Data?

    /// Keeps a secret under a name, durably, in place of an older one.
    func storeSecret(_ secret: Data, name: String) async throws(KeyStoreError)

    /// Deletes the signing key and all secrets.
    func erase() async throws(KeyStoreError)
}

/// A key store that can't do what was asked. Its words hold no secret.
public enum KeyStoreError: Error, Hashable, Sendable {
    /// It can't be used now: the device is locked, the hardware is busy, the file can't be read.
    case unavailable(String)
    /// The signing key was there and is gone for good.
    case keyLost
}

extension KeyStoreError: LocalizedError {
    /// What is in the way.
    public var errorDescription: String? {
        switch self {
        case .unavailable(let reason): reason
        case .keyLost: "the signing key was lost"
        }
    }
}
