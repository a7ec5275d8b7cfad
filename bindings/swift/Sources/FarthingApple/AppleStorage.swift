import Foundation

/// Where a wallet's files belong on Apple's systems.
public enum AppleStorage {
    /// A folder for the wallet's database, made when it is not there.
    ///
    /// It lies in Application Support, is left out of backups (a restored database would be older than what was
    /// spent; see `WalletError.Reason.syncRequired`), and can be read from the device's first unlock on, so that a
    /// background task can settle.
    ///
    /// - Parameter name: The folder's name; one wallet has one.
    /// - Throws: What Foundation throws when the folder can't be made.
    public static func walletFolder(_ name: String = "farthing") throws -> URL {
        let support = try FileManager.default.url(
            for: .applicationSupportDirectory,
            in: .userDomainMask,
            appropriateFor: nil,
            create: true
        )
        return try prepared(support.appending(path: name, directoryHint: .isDirectory))
    }

    static func prepared(_ folder: URL) throws -> URL {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if canImport(Darwin)
            var folder = folder
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            try folder.setResourceValues(values)
        #endif
        #if os(iOS)
            // Files that are made in it later take over its class.
            try FileManager.default.setAttributes(
                [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication],
                ofItemAtPath: folder.path
            )
        #endif
        return folder
    }
}
