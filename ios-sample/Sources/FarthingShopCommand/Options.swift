import FarthingShop
import Foundation

/// What the shop is started with.
struct Options: Equatable {
    var gateway: String?
    var publishableKey: String?
    var rootKey: String?
    var stores: String?
    var enrolmentToken: String?
    var folder: URL = Options.defaultFolder
    var language: String?
    var wantsHelp = false

    /// Where `cargo xtask demo --serve` has the stand-in for the app store.
    static let demoStores = "http://127.0.0.1:8471"

    /// Beside the settings of other programs of this user.
    static var defaultFolder: URL {
        FileManager.default.homeDirectoryForCurrentUser.appending(path: ".farthing-shop")
    }

    static let usage = """
        The shop of the sample game in a terminal, on the real SDK.

        Usage: farthing-shop [options]

          --gateway URL     the gateway (\(ShopSettings.defaultGateway), where `cargo xtask demo --serve` listens)
          --key KEY         its publishable key, pk_test_…; asked for at the first start
          --root-key KEY    the thumbprint of its root key; without it, the first gateway that answers is trusted
          --stores URL      the stand-in for the app store (\(demoStores) beside the demo's gateway), or off
          --token TOKEN     whose a new wallet is: an enrolment token of the game's back end, good once; or off
          --folder FOLDER   where the wallets are, one for each gateway (\(defaultFolder.path))
          --language CODE   en or de; else what LANG says
          --help            this

        All but the folder and the language is kept for the next start. Commands may be piped in, one a line.
        NO_COLOR=1 turns colours off, FORCE_COLOR=1 on also where no terminal is.
        """

    /// Reads the arguments after the program's name.
    init(_ arguments: [String]) throws(Mistake) {
        var left = arguments[...]
        while let argument = left.popFirst() {
            if argument == "--help" || argument == "-h" {
                wantsHelp = true
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts.first ?? ""
            guard Self.names.contains(name) else { throw .unknownOption(argument, nearest: Self.nearest(name)) }
            guard let value = parts.count == 2 ? parts[1] : left.popFirst(), !value.hasPrefix("--") else {
                throw .missingValue(name)
            }
            try set(name, to: value)
        }
    }

    private static let names = ["--gateway", "--key", "--root-key", "--stores", "--token", "--folder", "--language"]

    private static func nearest(_ name: String) -> String? {
        nearestWord(to: name, in: names + ["--help"])
    }

    private mutating func set(_ name: String, to value: String) throws(Mistake) {
        switch name {
        case "--gateway": gateway = value
        case "--key": publishableKey = value
        case "--root-key": rootKey = value
        case "--stores": stores = Self.unlessOff(value)
        case "--token": enrolmentToken = Self.unlessOff(value)
        case "--folder": folder = URL(fileURLWithPath: value)
        default:
            guard ["en", "de"].contains(value.prefix(2).lowercased()) else { throw .unknownLanguage(value) }
            language = value
        }
    }

    /// The address or the token that was meant: none by `off`.
    static func unlessOff(_ typed: String) -> String {
        typed.lowercased() == "off" ? "" : typed
    }

    /// The settings of last time, and what was told now.
    func settings(over kept: ShopSettings) -> ShopSettings {
        var settings = kept
        settings.gateway = gateway ?? settings.gateway
        // The root key of another gateway is of no use, nor is a token of it.
        if let gateway, gateway != kept.gateway { (settings.rootKey, settings.enrolmentToken) = ("", "") }
        if let publishableKey, publishableKey != kept.publishableKey {
            settings.publishableKey = publishableKey
            (settings.rootKey, settings.enrolmentToken) = ("", "")
        }
        settings.rootKey = rootKey ?? settings.rootKey
        settings.stores = stores ?? settings.stores
        settings.enrolmentToken = enrolmentToken ?? settings.enrolmentToken
        return settings
    }

    /// An option that can't be used.
    enum Mistake: Error, Equatable, CustomStringConvertible {
        case unknownOption(String, nearest: String?)
        case missingValue(String)
        case unknownLanguage(String)

        var description: String {
            switch self {
            case .unknownOption(let option, let nearest?): "There is no option \(option). Did you mean \(nearest)?"
            case .unknownOption(let option, nil): "There is no option \(option). See --help."
            case .missingValue(let option): "\(option) needs a value. See --help."
            case .unknownLanguage(let language): "There is no language \(language): the shop speaks en and de."
            }
        }
    }
}
