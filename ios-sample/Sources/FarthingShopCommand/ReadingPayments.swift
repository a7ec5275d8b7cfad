import FarthingShop

/// How tips, tabs, limits and automatic top-ups are typed.
extension ShopCommand {
    static func readTip(_ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        guard arguments.count > 1 else { throw .missing(.tip) }
        // Quotation marks, as in a shell, are not said.
        let said = arguments.dropFirst(2).joined(separator: " ").trimmingPrefix { "\"“".contains($0) }
        let message = said.reversed().drop { "\"”".contains($0) }.reversed()
        return .tip(creator: arguments[0], amount: plain(arguments[1]), message: String(message))
    }

    static func readAutoTopUp(_ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        switch arguments.count {
        case 0: return .autoTopUp
        case 1 where arguments[0].lowercased() == "off": return .stopAutoTopUp
        case 3:
            return .agree(
                below: plain(arguments[0]),
                amount: plain(arguments[1]),
                monthlyCap: plain(arguments[2])
            )
        default: throw .missing(.autoTopUp)
        }
    }

    static func readTab(_ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        guard let verb = arguments.first?.lowercased() else { return .tab }
        switch verb {
        case "open":
            guard arguments.count > 1 else { throw .missing(.tab) }
            return .openTab(limit: plain(arguments[1]))
        case "close": return .closeTab
        default: throw CommandMistake("\(verb) is neither open nor close: \(CommandName.tab.usage)")
        }
    }

    static func readLimits(_ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        guard let typed = arguments.first?.lowercased() else { return .limits }
        guard let field = LimitField(rawValue: typed) else {
            let names = LimitField.allCases.map(\.rawValue)
            let nearest = nearestWord(to: typed, in: names).map { " Did you mean limits \($0)?" } ?? ""
            throw CommandMistake("There is no limit \(typed).\(nearest) There are: \(names.joined(separator: ", ")).")
        }
        guard arguments.count > 1 else { throw .missing(.limits) }
        let amount = arguments[1].lowercased() == "off" ? nil : plain(arguments[1])
        return .limit(field, amount: amount, pin: arguments.count > 2 ? arguments[2] : "")
    }

    /// An amount without the sign of its currency.
    static func plain(_ amount: String) -> String {
        amount.filter { $0 != "$" }
    }
}
