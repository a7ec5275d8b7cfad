import Foundation
internal import FarthingFFI

/// Keys in one file that only its owner can read: for desktops, servers and tests, **not** for phones.
///
/// It protects against other users of the machine, not against someone who reads the owner's files.
public final class SoftwareKeyStore: KeyStore {
    fileprivate let store: any FarthingFFI.KeyStore

    /// - Parameter file: Made with the first key; keep it out of the wallet's folder and of backups.
    public init(file: URL) {
        store = softwareKeyStore(path: file.path)
    }

    /// The key's public half; makes the key when there is none.
    public func publicKey() async throws(KeyStoreError) -> Data {
        try await asking { try await self.store.publicKey() }
    }

    /// Signs a message with ES256.
    public func sign(_ message: Data) async throws(KeyStoreError) -> Data {
        try await asking { try await self.store.sign(message: message) }
    }

    /// The secret of a name, or `nil`.
    public func loadSecret(_ name: String) async throws(KeyStoreError) -> Data? {
        try await asking { try await self.store.loadSecret(name: name) }
    }

    /// Keeps a secret under a name.
    public func storeSecret(_ secret: Data, name: String) async throws(KeyStoreError) {
        try await asking { try await self.store.storeSecret(name: name, secret: secret) }
    }

    /// Deletes the signing key and all secrets.
    public func erase() async throws(KeyStoreError) {
        try await asking { try await self.store.erase() }
    }
}

extension KeyStore {
    /// The key store as the core wants it; the core's own is not called through Swift.
    var core: any FarthingFFI.KeyStore {
        (self as? SoftwareKeyStore)?.store ?? KeyStoreOfApp(self)
    }
}

/// An app's key store, called by the core.
private final class KeyStoreOfApp: FarthingFFI.KeyStore {
    private let store: any KeyStore

    init(_ store: any KeyStore) {
        self.store = store
    }

    func publicKey() async throws -> Data {
        try await answering { () async throws(KeyStoreError) in try await self.store.publicKey() }
    }

    func sign(message: Data) async throws -> Data {
        try await answering { () async throws(KeyStoreError) in try await self.store.sign(message) }
    }

    func loadSecret(name: String) async throws -> Data? {
        try await answering { () async throws(KeyStoreError) in try await self.store.loadSecret(name) }
    }

    func storeSecret(name: String, secret: Data) async throws {
        try await answering { () async throws(KeyStoreError) in try await self.store.storeSecret(secret, name: name) }
    }

    func erase() async throws {
        try await answering { () async throws(KeyStoreError) in try await self.store.erase() }
    }

    private func answering<Answer>(_ call: () async throws(KeyStoreError) -> Answer) async throws -> Answer {
        do {
            return try await call()
        } catch {
            switch error {
            case .unavailable(let reason): throw FarthingFFI.KeyStoreError.Unavailable(reason: reason)
            case .keyLost: throw FarthingFFI.KeyStoreError.KeyLost
            }
        }
    }
}

private func asking<Answer>(_ call: () async throws -> Answer) async throws(KeyStoreError) -> Answer {
    do {
        return try await call()
    } catch FarthingFFI.KeyStoreError.Unavailable(let reason) {
        throw .unavailable(reason)
    } catch FarthingFFI.KeyStoreError.KeyLost {
        throw .keyLost
    } catch {
        throw .unavailable("an internal error (\(error))")
    }
}
