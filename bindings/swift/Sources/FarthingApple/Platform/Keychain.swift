#if canImport(Security)
    import Farthing
    import Foundation
    import Security

    /// Generic passwords of one service, for this device only, from its first unlock on.
    struct Keychain: SecretItems {
        let service: String

        func load(_ name: String) throws(KeyStoreError) -> Data? {
            var query = query(name)
            query[kSecReturnData] = true
            query[kSecMatchLimit] = kSecMatchLimitOne
            var found: CFTypeRef?
            let status = KeychainStatus(code: SecItemCopyMatching(query as CFDictionary, &found))
            switch status {
            case .success: return found as? Data
            case .itemNotFound: return nil
            default: throw status.failure
            }
        }

        func store(_ item: Data, name: String) throws(KeyStoreError) {
            let content: [CFString: Any] = [
                kSecValueData: item,
                kSecAttrAccessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
            ]
            let added = query(name).merging(content) { $1 }
            var status = KeychainStatus(code: SecItemAdd(added as CFDictionary, nil))
            if status == .duplicateItem {
                status = KeychainStatus(code: SecItemUpdate(query(name) as CFDictionary, content as CFDictionary))
            }
            guard status == .success else { throw status.failure }
        }

        func deleteAll() throws(KeyStoreError) {
            let status = KeychainStatus(code: SecItemDelete(query(nil) as CFDictionary))
            guard status == .success || status == .itemNotFound else { throw status.failure }
        }

        private func query(_ name: String?) -> [CFString: Any] {
            var query: [CFString: Any] = [
                kSecClass: kSecClassGenericPassword,
                kSecAttrService: service,
                // The Keychain of iOS on a Mac too: the old one knows no protection by unlocking.
                kSecUseDataProtectionKeychain: true,
            ]
            if let name {
                query[kSecAttrAccount] = name
            }
            return query
        }
    }
#endif
