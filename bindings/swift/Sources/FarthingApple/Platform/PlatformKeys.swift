#if canImport(CryptoKit) && canImport(Security)
    import CryptoKit
    import Farthing
    import Foundation
    import Security

    /// P-256 keys of the Secure Enclave, or of CryptoKit alone where there is none. The first byte of what is kept
    /// says which.
    struct PlatformKeys: SigningKeys {
        private static let inSecureEnclave: UInt8 = 1
        private static let inSoftware: UInt8 = 0

        static func protection(of representation: Data) -> KeyProtection {
            representation.first == inSecureEnclave ? .secureEnclave : .software
        }

        func make() throws(KeyStoreError) -> any SigningKey {
            do {
                guard SecureEnclave.isAvailable else {
                    return SoftwareKey(key: P256.Signing.PrivateKey(), prefix: Self.inSoftware)
                }
                var error: Unmanaged<CFError>?
                let access = SecAccessControlCreateWithFlags(
                    nil,
                    kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
                    .privateKeyUsage,
                    &error
                )
                guard let access else { throw KeyStoreError.unavailable("the Secure Enclave's access control failed") }
                let key = try SecureEnclave.P256.Signing.PrivateKey(accessControl: access)
                return EnclaveKey(key: key, prefix: Self.inSecureEnclave)
            } catch {
                throw Self.failure(error)
            }
        }

        func restore(_ representation: Data) throws(KeyStoreError) -> any SigningKey {
            let kept = representation.dropFirst()
            do {
                if representation.first == Self.inSecureEnclave {
                    let key = try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: Data(kept))
                    return EnclaveKey(key: key, prefix: Self.inSecureEnclave)
                }
                return SoftwareKey(key: try P256.Signing.PrivateKey(rawRepresentation: kept), prefix: Self.inSoftware)
            } catch {
                throw Self.failure(error)
            }
        }

        /// CryptoKit doesn't say whether a key is gone or only can't be used now.
        static func failure(_ error: any Error) -> KeyStoreError {
            (error as? KeyStoreError) ?? .unavailable("the signing key can't be used now (\(type(of: error)))")
        }
    }

    private struct EnclaveKey: SigningKey {
        let key: SecureEnclave.P256.Signing.PrivateKey
        let prefix: UInt8

        var representation: Data { [prefix] + key.dataRepresentation }
        var point: Data { key.publicKey.x963Representation }

        func sign(_ message: Data) throws(KeyStoreError) -> Data {
            do {
                return try key.signature(for: message).rawRepresentation
            } catch {
                throw PlatformKeys.failure(error)
            }
        }
    }

    private struct SoftwareKey: SigningKey {
        let key: P256.Signing.PrivateKey
        let prefix: UInt8

        var representation: Data { [prefix] + key.rawRepresentation }
        var point: Data { key.publicKey.x963Representation }

        func sign(_ message: Data) throws(KeyStoreError) -> Data {
            do {
                return try key.signature(for: message).rawRepresentation
            } catch {
                throw PlatformKeys.failure(error)
            }
        }
    }
#endif
