import FarthingShop
import Foundation

/// What can be typed at the prompt.
enum ShopCommand: Equatable {
    case shop
    case buy(item: String, quantity: Int)
    case bag
    case use(item: String, quantity: Int)
    case passes
    case renew(item: String, agrees: Bool)
    case meters
    case purchases
    case receipt(number: Int)
    case share(number: Int)
    case cards(chosen: String?)
    case addCard
    case card(CardWords)
    case remove(lastFour: String)
    case topUp(amount: String, currency: String)
    case autoTopUp
    case agree(below: String, amount: String, monthlyCap: String)
    case stopAutoTopUp
    case tab
    case openTab(limit: String)
    case closeTab
    case packs
    case pack(credit: String)
    case confirm(Bool)
    case creators
    case tip(creator: String, amount: String, message: String)
    case limits
    case limit(LimitField, amount: String?, pin: String)
    case approvals
    case answer(number: Int, approve: Bool, pin: String)
    case refund(number: Int)
    case offline(Bool)
    case sync
    case status
    case faults
    case fault(Fault)
    case kill
    case clock(hours: Int)
    case clockRight
    case gateway(address: String, publishableKey: String, rootKey: String)
    case stores(address: String)
    case token(String)
    case reset
    case help
    case quit

    /// A card as it is typed in one line.
    struct CardWords: Equatable {
        var number: String
        var month: String
        var year: String
        var cvc: String
    }
}

/// A line that can't be understood: what is wrong, and what to type.
struct CommandMistake: Error, Equatable {
    let words: String

    init(_ words: String) {
        self.words = words
    }

    static func missing(_ name: CommandName) -> CommandMistake {
        CommandMistake("\(name.rawValue) needs more: \(name.usage)")
    }
}

extension ShopCommand {
    /// Reads a line; `nil` for an empty one.
    static func read(_ line: String) throws(CommandMistake) -> ShopCommand? {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first?.lowercased() else { return nil }
        let arguments = Array(words.dropFirst())
        guard let name = CommandName(typed: first) else {
            guard let nearest = CommandName.nearest(to: first) else {
                throw CommandMistake("There is no command \(first). Type help to see all.")
            }
            let whole = ([nearest] + arguments).joined(separator: " ")
            throw CommandMistake("There is no command \(first). Did you mean \(whole)?")
        }
        return try read(name, arguments)
    }

    private static func read(_ name: CommandName, _ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        switch name {
        case .shop: return .shop
        case .bag: return .bag
        case .purchases: return .purchases
        case .cards: return .cards(chosen: arguments.first.map { String($0.suffix(4)) })
        case .sync: return .sync
        case .status: return .status
        case .kill: return .kill
        case .reset: return .reset
        case .help: return .help
        case .quit: return .quit
        case .buy:
            let (item, quantity) = try itemAndQuantity(arguments, name, most: 1_000)
            return .buy(item: item, quantity: quantity)
        case .use:
            let (item, quantity) = try itemAndQuantity(arguments, name, most: 1_000_000)
            return .use(item: item, quantity: quantity)
        case .pass: return .passes
        case .renew:
            guard let last = arguments.last, arguments.count > 1 else { throw .missing(name) }
            let item = arguments.dropLast().joined(separator: " ")
            return .renew(item: item, agrees: try choice([last], "on", "off", otherwise: nil, name))
        case .meter: return .meters
        case .autoTopUp: return try readAutoTopUp(arguments)
        case .tab: return try readTab(arguments)
        case .packs: return .packs
        case .pack:
            guard let credit = arguments.first else { throw .missing(name) }
            return .pack(credit: plain(credit))
        case .creators: return .creators
        case .tip: return try readTip(arguments)
        case .limits: return try readLimits(arguments)
        case .approvals: return .approvals
        case .approve, .decline:
            guard arguments.count > 1 else { throw .missing(name) }
            return .answer(number: try number(arguments, name), approve: name == .approve, pin: arguments[1])
        case .refund: return .refund(number: try number(arguments, name))
        case .receipt: return .receipt(number: try number(arguments, name))
        case .share: return .share(number: try number(arguments, name))
        case .card: return try card(arguments)
        case .remove:
            guard let lastFour = arguments.first else { throw .missing(name) }
            return .remove(lastFour: String(lastFour.suffix(4)))
        case .topUp:
            guard let amount = arguments.first else { throw .missing(name) }
            return .topUp(amount: plain(amount), currency: arguments.count > 1 ? arguments[1] : "USD")
        case .confirm: return .confirm(try choice(arguments, "yes", "no", otherwise: true, name))
        case .offline: return .offline(try choice(arguments, "on", "off", otherwise: nil, name))
        case .faults: return try fault(arguments)
        case .clock: return try clock(arguments)
        case .gateway:
            guard arguments.count >= 2 else { throw .missing(name) }
            let rootKey = arguments.count > 2 ? arguments[2] : ""
            return .gateway(address: arguments[0], publishableKey: arguments[1], rootKey: rootKey)
        case .stores:
            guard let address = arguments.first else { throw .missing(name) }
            return .stores(address: Options.unlessOff(address))
        case .token:
            guard let token = arguments.first else { throw .missing(name) }
            return .token(Options.unlessOff(token))
        }
    }

    /// An item, and how many of it: the last word where it is a number and not the only one.
    private static func itemAndQuantity(
        _ arguments: [String],
        _ name: CommandName,
        most: Int
    ) throws(CommandMistake) -> (item: String, quantity: Int) {
        guard let last = arguments.last else { throw .missing(name) }
        guard arguments.count > 1, let quantity = Int(last) else { return (arguments.joined(separator: " "), 1) }
        guard (1...most).contains(quantity) else {
            let done = name == .buy ? "bought" : "used"
            let shown = most.formatted(.number.locale(Locale(identifier: "en_US")))
            throw CommandMistake("1 to \(shown) can be \(done) at once.")
        }
        return (arguments.dropLast().joined(separator: " "), quantity)
    }

    /// The number of a line in a list; the first unless told.
    private static func number(_ arguments: [String], _ name: CommandName) throws(CommandMistake) -> Int {
        guard let typed = arguments.first else { return 1 }
        guard let number = Int(typed), number > 0 else {
            throw CommandMistake("\(typed) is no number of the list: \(name.usage)")
        }
        return number
    }

    static func choice(
        _ arguments: [String],
        _ yes: String,
        _ no: String,
        otherwise: Bool?,
        _ name: CommandName
    ) throws(CommandMistake) -> Bool {
        guard let typed = arguments.first?.lowercased() else {
            guard let otherwise else { throw .missing(name) }
            return otherwise
        }
        guard typed == yes || typed == no else { throw CommandMistake("\(typed) is neither \(yes) nor \(no).") }
        return typed == yes
    }

    private static func fault(_ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        guard let typed = arguments.first?.lowercased() else { return .faults }
        let names = Fault.allCases.map(\.rawValue)
        if let fault = Fault(rawValue: typed) ?? (typed == "off" ? Fault.none : nil) { return .fault(fault) }
        let nearest = nearestWord(to: typed, in: names).map { " Did you mean faults \($0)?" } ?? ""
        throw CommandMistake("There is no fault \(typed).\(nearest) There are: \(names.joined(separator: ", ")).")
    }

    private static func card(_ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        guard let first = arguments.first else { return .addCard }
        if let number = TestCard.numbers[first.lowercased()] {
            return .card(CardWords(number: number, month: "12", year: "34", cvc: "123"))
        }
        guard first.first?.isNumber == true else {
            let names = TestCard.names.joined(separator: ", ")
            throw CommandMistake("There is no test card \(first). There are: \(names). Or: \(CommandName.card.usage)")
        }
        // The number may have spaces in it: what comes last is the code, before it the expiry.
        guard arguments.count >= 3 else { throw .missing(.card) }
        let expiry = arguments[arguments.count - 2].split(separator: "/").map(String.init)
        guard expiry.count == 2 else {
            throw CommandMistake("\(arguments[arguments.count - 2]) is no expiry: write it like 12/34.")
        }
        let number = arguments.dropLast(2).joined(separator: " ")
        return .card(CardWords(number: number, month: expiry[0], year: expiry[1], cvc: arguments[arguments.count - 1]))
    }

    private static func clock(_ arguments: [String]) throws(CommandMistake) -> ShopCommand {
        guard let typed = arguments.first?.lowercased() else { throw .missing(.clock) }
        if typed == "right" || typed == "0" { return .clockRight }
        guard let match = typed.wholeMatch(of: /([+-]?)([0-9]{1,4})([dh])/), let number = Int(match.output.2) else {
            throw CommandMistake("\(typed) is no shift of the clock: \(CommandName.clock.usage)")
        }
        let hours = number * (match.output.3 == "d" ? 24 : 1)
        return .clock(hours: match.output.1 == "-" ? -hours : hours)
    }
}

/// The cards of the sandbox.
enum TestCard {
    static let numbers = [
        "good": "4242 4242 4242 4242", "declined": "4000 0000 0000 9995", "3ds": "4000 0027 6000 3184",
    ]
    static let names = ["good", "declined", "3ds"]
}
