import Farthing
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct ReadmeTests {
    @Test func theStepsOfTheReadmeBuySomething() async throws {
        let phone = try Phone()
        try await firstPurchase(
            gateway: phone.gateway.address,
            publishableKey: phone.gateway.publishableKey,
            gatewayRootKey: phone.gateway.rootKey,
            home: phone.root
        )
        let wallet = try await phone.open()
        #expect(wallet.balance["USD"].total == usd("4.75"))
        await wallet.close()
    }

    @Test func theReadmeShowsTheCodeThatRunsHere() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let readme = try String(
            contentsOf: tests.appending(path: "../../README.md").standardizedFileURL,
            encoding: .utf8
        )
        let shown = readme.matches(of: /```swift\n(?<code>(?s:.*?))```/).flatMap { lines($0.code) }
        let source = try lines(String(contentsOf: tests.appending(path: "FirstPurchase.swift"), encoding: .utf8)[...])
        let run = source.drop { $0 != "// README" }.dropFirst().prefix { $0 != "// README" }
        #expect(shown.filter { !$0.hasPrefix("import ") } == Array(run))
    }

    private func lines(_ text: Substring) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
