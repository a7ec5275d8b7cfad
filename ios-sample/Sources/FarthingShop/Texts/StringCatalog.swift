import Foundation

/// A string catalog (`.xcstrings`) as Xcode writes it, read as it is: nothing compiles it outside of Xcode.
struct StringCatalog: Decodable, Sendable {
    let sourceLanguage: String
    let strings: [String: Entry]

    /// One key in each language.
    struct Entry: Decodable, Sendable {
        let localizations: [String: Localization]
    }

    /// One text, or one for each plural category (Unicode TR 35).
    struct Localization: Decodable, Sendable {
        let stringUnit: StringUnit?
        let variations: Variations?
    }

    struct StringUnit: Decodable, Sendable {
        let value: String
    }

    struct Variations: Decodable, Sendable {
        let plural: [String: Localization]
    }

    init(contentsOf file: URL) throws {
        self = try JSONDecoder().decode(StringCatalog.self, from: Data(contentsOf: file))
    }

    /// The text of a key; that of the source language where a language has none.
    ///
    /// - Parameter count: What decides between singular and plural. English and German have the same rule.
    func template(_ key: String, language: String, count: Int?) -> String? {
        let localizations = strings[key]?.localizations
        guard let localization = localizations?[language] ?? localizations?[sourceLanguage] else { return nil }
        guard let plural = localization.variations?.plural else { return localization.stringUnit?.value }
        return (plural[count == 1 ? "one" : "other"] ?? plural["other"])?.stringUnit?.value
    }
}
