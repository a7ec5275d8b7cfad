import Farthing
import FarthingShop
import Foundation

let terminal = Terminal()
let options: Options
do throws(Options.Mistake) {
    options = try Options(Array(CommandLine.arguments.dropFirst()))
} catch {
    FileHandle.standardError.write(Data("farthing-shop: \(error)\n".utf8))
    exit(2)
}
if options.wantsHelp {
    terminal.line(Options.usage)
    exit(0)
}

let environment = ProcessInfo.processInfo.environment
let spoken = [options.language, environment["LC_ALL"], environment["LC_MESSAGES"], environment["LANG"]]
// `de_DE.UTF-8` is `de_DE` here; `C` is no language.
let language = spoken.lazy.compactMap { $0?.split(separator: ".").first }.map(String.init).first { $0.count > 1 }
let locale = Locale(identifier: language == nil || language == "POSIX" ? "en_US" : language ?? "en_US")

// Each gateway has keys of its own, and so a wallet of its own: `cargo xtask demo --serve` is a new one each time.
let shop = EmberdeepShop(folder: options.folder) { [folder = options.folder] settings in
    let name = settings.publishableKey.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    let own = folder.appending(path: "wallets/\(name)")
    return WalletPlace(
        folder: own.appending(path: "wallet"),
        keyStore: SoftwareKeyStore(file: own.appending(path: "keys.json"))
    )
}
let terminalShop = TerminalShop(
    shop: shop,
    terminal: terminal,
    wording: Wording(locale: locale, isolatesAmounts: false)
)
await terminalShop.run(with: options.settings(over: shop.session.settings))
exit(terminalShop.mistakes == 0 || terminal.isInteractive ? 0 : 1)
