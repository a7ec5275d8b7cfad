import Farthing
import FarthingShop
import Foundation

/// The shop at a prompt.
@MainActor final class TerminalShop {
    let shop: EmberdeepShop
    let terminal: Terminal
    let pages: Pages
    private let input = InputLines()
    private var atPrompt = false
    /// How many lines could not be understood.
    private(set) var mistakes = 0

    init(shop: EmberdeepShop, terminal: Terminal, wording: Wording) {
        self.shop = shop
        self.terminal = terminal
        pages = Pages(terminal: terminal, wording: wording)
    }

    var wording: Wording { pages.wording }

    /// Opens the shop, and does what is typed until the end of the input.
    func run(with settings: ShopSettings) async {
        let name = terminal.styled(wording.text(.appName), .purple)
        terminal.line(name + terminal.styled("  help shows what to type", .quiet))
        await shop.start(with: await complete(settings)).value
        await connect()
        show(shopPage() + keptToken())
        let watching = watchNotices()
        while let line = await prompt() {
            guard await obey(line) else { break }
        }
        watching.cancel()
        await shop.session.refreshed()
        flushNotices()
        await shop.end()
    }

    // MARK: - Input

    /// Asks one thing; `nil` at the end of the input.
    func ask(_ question: String) async -> String? {
        if terminal.isInteractive { terminal.write("  \(question) ") }
        let answer = await input.next()?.trimmingCharacters(in: .whitespaces)
        if !terminal.isInteractive { terminal.line("  \(question) …") }
        return answer
    }

    private func prompt() async -> String? {
        flushNotices()
        if terminal.isInteractive {
            terminal.write(promptWords)
            atPrompt = true
        }
        let line = await input.next()
        atPrompt = false
        if let line, !terminal.isInteractive { terminal.line("\n› \(withoutSecrets(line))") }
        if line == nil, terminal.isInteractive { terminal.line() }
        return line
    }

    private var promptWords: String {
        var words = "\n"
        if case .open(let shelves) = shop.shop.screen, let line = shelves.purse.lines.first {
            words += terminal.styled(wording.money(line.total), .money) + " "
            for tab in shelves.purse.tabs where !tab.owed.isZero {
                words += terminal.styled("−\(wording.money(tab.owed)) ", tab.isDue ? .bad : .warning)
            }
            if shelves.purse.isOffline { words += terminal.styled("✈ ", .warning) }
        }
        return words + terminal.styled("› ", .accent)
    }

    private func obey(_ line: String) async -> Bool {
        let command: ShopCommand?
        do throws(CommandMistake) {
            command = try ShopCommand.read(line)
        } catch {
            tellMistake(error.words)
            return true
        }
        guard let command else { return true }
        guard command != .quit else { return false }
        await perform(command)
        await shop.session.refreshed()
        flushNotices()
        return true
    }

    /// What was not told at the start, asked for where a person can answer.
    private func complete(_ settings: ShopSettings) async -> ShopSettings {
        guard !settings.isComplete else { return settings }
        var complete = settings
        terminal.line("\n\(wording.text(.setupTitle))")
        terminal.line(pages.hint(wording.text(.setupText)))
        guard terminal.isInteractive else {
            terminal.line(pages.hint("Start again with --key pk_test_…, or type gateway URL KEY."))
            return settings
        }
        let gateway = await ask("\(wording.text(.setupGateway)) [\(settings.gateway)]:") ?? ""
        if !gateway.isEmpty { complete.gateway = gateway }
        complete.publishableKey = await ask("\(wording.text(.setupPublishableKey)):") ?? ""
        complete.rootKey = await ask("\(wording.text(.setupRootKey)):") ?? ""
        guard settings.enrolmentToken.isEmpty else { return complete }
        terminal.line(pages.hint(wording.text(settings.tokenWords)))
        complete.enrolmentToken = await ask("\(wording.text(.setupToken)):") ?? ""
        return complete
    }

    // MARK: - Output

    func show(_ lines: [String]) {
        for line in lines {
            terminal.line(line)
        }
    }

    func tellMistake(_ words: String) {
        mistakes += 1
        terminal.line(pages.mistake(words))
    }

    /// Tells what happened meanwhile, each sentence once.
    func flushNotices() {
        var told: [Notice] = []
        for notice in shop.noticeBoard.takeAll() where !told.contains(notice) {
            told.append(notice)
            terminal.line(pages.notice(notice))
        }
    }

    /// The shop as it is now, or why there is none.
    func shopPage() -> [String] {
        switch shop.session.state {
        case .setupNeeded: return ["", wording.text(.setupTitle), pages.hint("Type gateway URL KEY.")]
        case .opening: return ["", wording.text(.loading)]
        case .failed(let why): return closed(why, advice(why))
        case .open: break
        }
        switch shop.shop.screen {
        case .open(let shelves): return pages.shop(shelves)
        case .loading: return ["", wording.text(.loading)]
        case .unreachable(let why) where why.text == .errorEnrolmentRejected:
            return closed(why, "token TOKEN opens it with another; token off, or gateway URL KEY, without.")
        case .unreachable(let why):
            return closed(why, "Is the gateway running at \(shop.tools.settings.gateway)? Then type sync.")
        }
    }

    /// What is said of a token that the wallet has no use for.
    func keptToken() -> [String] {
        let settings = shop.tools.settings
        guard settings.hasEnrolled, !settings.enrolmentToken.isEmpty else { return [] }
        return ["", pages.hint(wording.text(settings.tokenWords))]
    }

    /// Waits for the first answer of the gateway, where there is nothing to show without it.
    func connect() async {
        // What was bought at the store before a kill.
        await shop.packs.handedOver()
        await shop.session.refreshed()
        guard case .loading = shop.shop.screen, shop.session.state == .open else { return }
        terminal.line(pages.hint("\(shop.tools.settings.gateway) …"))
        _ = await shop.tools.sync().value
        await shop.session.refreshed()
        // The page itself says why there is nothing on it.
        if case .unreachable = shop.shop.screen { _ = shop.noticeBoard.takeAll() }
    }

    private func advice(_ why: Notice) -> String {
        switch why.text {
        case .errorKeyLost, .errorStorageDamaged: "reset sets this wallet aside and begins a new one."
        case .errorAlreadyOpen: "Close it there, then type kill: that opens it here."
        case .errorInvalidArgument, .errorGatewayAddress: "gateway URL KEY opens another one."
        default: "kill tries to open it again."
        }
    }

    private func closed(_ why: Notice, _ advice: String) -> [String] {
        ["", wording.text(.unreachableTitle), pages.notice(why), pages.hint(advice)]
    }

    /// While a person thinks, what happens is told at once.
    private func watchNotices() -> Task<Void, Never> {
        Task {
            guard terminal.isInteractive else { return }
            while !Task.isCancelled {
                await changed { _ = shop.noticeBoard.posted }
                guard atPrompt, !shop.noticeBoard.posted.isEmpty else { continue }
                terminal.wipeLine()
                flushNotices()
                terminal.write(promptWords)
            }
        }
    }
}

/// The digits of a card, a guardian's PIN and a player's token don't belong into a log.
private func withoutSecrets(_ line: String) -> String {
    let words = line.split(separator: " ").map(String.init)
    switch words.first.flatMap({ CommandName(typed: $0.lowercased()) }) {
    case .card where words.dropFirst().contains(where: { $0.contains(where: \.isNumber) }):
        return TestCard.numbers[words[1].lowercased()] == nil ? "card …" : line
    case .token where words.count > 1 && words[1].lowercased() != "off": return "token …"
    case .limits where words.count > 3: return words.prefix(3).joined(separator: " ") + " …"
    case .approve where words.count > 2, .decline where words.count > 2:
        return words.prefix(2).joined(separator: " ") + " …"
    default: return line
    }
}
