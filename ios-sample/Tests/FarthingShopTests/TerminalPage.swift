import Foundation

/// What a terminal shows, as a page for a browser: the shop's own styles, and nothing else.
struct TerminalPage {
    /// The page.
    let html: String
    /// How large it is, in pixels.
    let size: (width: Int, height: Int)

    private static let columns = 108
    private static let (letter, line) = (9, 20)

    /// The styles of `Terminal.Style`, by their codes.
    private static let styles = [
        "1": "font-weight: bold", "2": "color: #8b93a1", "31": "color: #ff7b72", "32": "color: #7ee787",
        "33": "color: #e3b341", "35": "color: #d2a8ff", "1;33": "color: #e3b341; font-weight: bold",
        "38;5;99": "color: #a583ff", "38;5;208": "color: #ffa657",
    ]

    init(_ said: String) {
        let escaped = said.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        let styled = escaped.replacing(/\u{1B}\[([0-9;]+)m/) { match in
            match.output.1 == "0" ? "</span>" : "<span style=\"\(Self.styles[String(match.output.1)] ?? "")\">"
        }
        let plain = said.replacing(/\u{1B}\[[0-9;]+m/, with: "")
        let lines = plain.split(separator: "\n", omittingEmptySubsequences: false)
        // Long lines go on below.
        let rows = lines.reduce(0) { $0 + max(1, ($1.count + Self.columns - 1) / Self.columns) }
        size = (Self.columns * Self.letter + 48, rows * Self.line + 48)
        html = """
            <!doctype html><meta charset="utf-8"><style>
            body { margin: 24px; background: #0d1117; }
            pre { margin: 0; width: \(Self.columns)ch; white-space: pre-wrap; overflow-wrap: anywhere; color: #e6edf3;
            font: 15px/\(Self.line)px "DejaVu Sans Mono", monospace; }
            </style><pre>\(styled)</pre>
            """
    }

    /// Writes it as `NAME.WIDTHxHEIGHT.html`, where the environment variable `FARTHING_SCREENS` says a folder.
    func save(as name: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["FARTHING_SCREENS"] else { return }
        let file = URL(fileURLWithPath: folder).appending(path: "\(name).\(size.width)x\(size.height).html")
        try Data(html.utf8).write(to: file)
    }
}
