import Foundation

/// Where the shop is shown: a terminal with colours, or a pipe without.
@MainActor final class Terminal {
    /// Whether a person types.
    let isInteractive: Bool

    private let hasColours: Bool

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
        // no-color.org and force-color.org: any value but the empty one.
        func isSet(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }
        hasColours = (isTerminal || isSet("FORCE_COLOR")) && !isSet("NO_COLOR")
    }

    /// How something is written.
    enum Style: String {
        case heading = "1"
        case quiet = "2"
        case good = "32"
        case warning = "33"
        case bad = "31"
        case accent = "35"
        case money = "1;33"
        case purple = "38;5;99"
        case orange = "38;5;208"
    }

    /// A text in a style, where there are colours.
    func styled(_ text: String, _ style: Style) -> String {
        hasColours ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes a line, without the blanks of columns that are empty.
    func line(_ text: String = "") {
        write(text.replacing(/\ +$/, with: "") + "\n")
    }

    /// Writes at once.
    func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// Goes back to the begin of a prompt's line and wipes it.
    func wipeLine() {
        write("\r\u{1B}[K")
    }
}

extension String {
    /// As wide as that, with the text at its begin.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    /// As wide as that, with the text at its end.
    func padded(toTrailing width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
