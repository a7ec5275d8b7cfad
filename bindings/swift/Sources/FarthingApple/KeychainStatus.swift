import Farthing

/// What the Keychain answers, as the wallet understands it. The numbers are Apple's (`Security/SecBase.h`).
struct KeychainStatus: Equatable {
    let code: Int32

    static let success = KeychainStatus(code: 0)
    static let itemNotFound = KeychainStatus(code: -25_300)
    static let duplicateItem = KeychainStatus(code: -25_299)

    private static let interactionNotAllowed: Int32 = -25_308
    private static let notAvailable: Int32 = -25_291
    private static let missingEntitlement: Int32 = -34_018

    /// In doubt the Keychain can't be used just now: that makes nobody give up a wallet.
    var failure: KeyStoreError {
        switch code {
        case Self.interactionNotAllowed: .unavailable("the device was not unlocked since it started")
        case Self.notAvailable: .unavailable("the Keychain can't be used just now")
        case Self.missingEntitlement: .unavailable("the app lacks the entitlement for its Keychain items")
        default: .unavailable("the Keychain failed (\(code))")
        }
    }
}
