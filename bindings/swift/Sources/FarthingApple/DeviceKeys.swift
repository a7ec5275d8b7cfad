import Farthing
import Foundation

/// Where small secrets are kept: the Keychain, as far as this library needs it.
protocol SecretItems: Sendable {
    /// The item of a name, or `nil`.
    func load(_ name: String) throws(KeyStoreError) -> Data?
    /// Keeps an item, in place of an older one.
    func store(_ item: Data, name: String) throws(KeyStoreError)
    /// Deletes all items.
    func deleteAll() throws(KeyStoreError)
}

/// Makes P-256 keys and brings them back: the Secure Enclave, as far as this library needs it.
protocol SigningKeys: Sendable {
    /// A new key.
    func make() throws(KeyStoreError) -> any SigningKey
    /// The key that was kept as `representation`.
    func restore(_ representation: Data) throws(KeyStoreError) -> any SigningKey
}

/// A P-256 key that signs.
protocol SigningKey {
    /// What the key can be brought back from, on this device only.
    var representation: Data { get }
    /// The 65 bytes of the uncompressed point (SEC 1, 2.3.3).
    var point: Data { get }
    /// The 64 bytes `r || s` of an ES256 signature (RFC 7518, 3.4).
    func sign(_ message: Data) throws(KeyStoreError) -> Data
}

/// The rules of a key store over the platform's parts.
///
/// The signing key is kept with its public half. One that comes back as another key was lost; it is never replaced in
/// silence. An actor, so that two calls at once can't make two keys.
actor DeviceKeys {
    private let items: any SecretItems
    private let keys: any SigningKeys

    private static let signingKey = "signing-key"
    private static let secretPrefix = "secret-"
    private static let pointLength = 65

    init(items: any SecretItems, keys: any SigningKeys) {
        self.items = items
        self.keys = keys
    }

    func publicKey() throws(KeyStoreError) -> Data {
        try key().point
    }

    func sign(_ message: Data) throws(KeyStoreError) -> Data {
        try key().sign(message)
    }

    func loadSecret(_ name: String) throws(KeyStoreError) -> Data? {
        try items.load(Self.secretPrefix + name)
    }

    func storeSecret(_ secret: Data, name: String) throws(KeyStoreError) {
        try items.store(secret, name: Self.secretPrefix + name)
    }

    func erase() throws(KeyStoreError) {
        try items.deleteAll()
    }

    /// What the signing key is kept as. Makes the key when there is none.
    func representation() throws(KeyStoreError) -> Data {
        try key().representation
    }

    /// The signing key. Makes it when there is none.
    private func key() throws(KeyStoreError) -> any SigningKey {
        guard let kept = try items.load(Self.signingKey) else {
            let key = try keys.make()
            try items.store(key.point + key.representation, name: Self.signingKey)
            return key
        }
        let key = try keys.restore(Data(kept.dropFirst(Self.pointLength)))
        guard key.point == kept.prefix(Self.pointLength) else { throw .keyLost }
        return key
    }
}
