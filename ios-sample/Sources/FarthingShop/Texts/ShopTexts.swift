import Foundation

/// Where the texts of the shop are: a string catalog that Xcode compiled, or the catalog itself.
enum ShopTexts: Sendable {
    case catalog(StringCatalog)
    #if canImport(Darwin)
        case compiled(Bundle)
    #endif

    /// The texts of this package.
    static let ofPackage: ShopTexts = {
        if let file = Bundle.module.url(forResource: "Localizable", withExtension: "xcstrings") {
            do {
                return .catalog(try StringCatalog(contentsOf: file))
            } catch {
                preconditionFailure("the string catalog in \(file.path) can't be read: \(error)")
            }
        }
        #if canImport(Darwin)
            return .compiled(Bundle.module)
        #else
            preconditionFailure("there is no string catalog in \(Bundle.module.bundlePath)")
        #endif
    }()

    /// A text with its placeholders filled in, in the language of a locale.
    func text(_ key: String, locale: Locale, arguments: [Filling]) -> String {
        let language = locale.language.languageCode?.identifier ?? "en"
        switch self {
        case .catalog(let catalog):
            let count = arguments.lazy.compactMap(\.number).first
            let template = catalog.template(key, language: language, count: count) ?? key
            return Self.fill(template, with: arguments.map(\.words))
        #if canImport(Darwin)
            case .compiled(let bundle):
                let translated = bundle.path(forResource: language, ofType: "lproj").flatMap(Bundle.init(path:))
                let template = (translated ?? bundle).localizedString(forKey: key, value: nil, table: nil)
                let values = arguments.map { argument -> any CVarArg in argument.number ?? argument.words }
                return String(format: template, locale: locale, arguments: values)
        #endif
        }
    }

    /// What is filled into a placeholder.
    struct Filling {
        let words: String
        let number: Int?
    }

    /// Fills in `%1$@` and `%2$lld`, and leaves everything else as it is.
    static func fill(_ template: String, with words: [String]) -> String {
        template.replacing(/%([1-9])\$(?:@|lld)/) { match in
            let index = (Int(match.output.1) ?? 0) - 1
            return words.indices.contains(index) ? words[index] : String(match.output.0)
        }
    }
}
