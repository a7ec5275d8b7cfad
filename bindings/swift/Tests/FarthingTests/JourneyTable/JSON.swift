/// A value of the table, and an answer as the table writes it.
enum JSON: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(Int)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    subscript(name: String) -> JSON {
        switch self {
        case .object(let members): members[name] ?? .null
        case .list(let values): Int(name).flatMap { values.indices.contains($0) ? values[$0] : nil } ?? .null
        default: .null
        }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var number: Int? {
        if case .number(let number) = self { number } else { nil }
    }

    /// With each `$name.member` replaced by what was kept. In a list, a member is a place, from 0 on.
    func filled(from kept: [String: JSON]) throws -> JSON {
        switch self {
        case .text(let text) where text.hasPrefix("$"):
            let names = text.dropFirst().split(separator: ".").map(String.init)
            let value = names.reduce(JSON.object(kept)) { $0[$1] }
            guard value != .null else { throw Unexpected("\(text) was not kept") }
            return value
        case .list(let values): return .list(try values.map { try $0.filled(from: kept) })
        case .object(let members): return .object(try members.mapValues { try $0.filled(from: kept) })
        default: return self
        }
    }

    /// Where an answer is not as this expects, if it is not. `"*"` is anything but null; members that are not named
    /// may be anything, but an empty object means that there is none; lists have equal lengths.
    func difference(to answer: JSON) -> String? {
        switch (self, answer) {
        case (.text("*"), let answer) where answer != .null: return nil
        case (.object(let expected), .object(let members)) where expected.isEmpty == members.isEmpty:
            return expected.lazy.compactMap { name, value in
                value.difference(to: answer[name]).map { "\(name): \($0)" }
            }.first
        case (.list(let expected), .list(let values)) where expected.count == values.count:
            return zip(expected, values).lazy.compactMap { $0.difference(to: $1) }.first
        default: return self == answer ? nil : "\(answer) and not \(self)"
        }
    }
}

extension JSON: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let number = try? value.decode(Int.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .boolean(let boolean): try value.encode(boolean)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .object(let members): try value.encode(members)
        }
    }
}

extension JSON: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(Dictionary(uniqueKeysWithValues: members))
    }
}
