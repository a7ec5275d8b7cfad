import Foundation
import Testing

import Farthing

/// The journeys of `tests/journeys/journeys.json`, which Rust and Kotlin run too.
@Suite(.timeLimit(.minutes(2))) struct JourneyTableTests {
    @Test(arguments: try Journey.table())
    func eachJourneyGoesAsItIsWritten(journey: Journey) async throws {
        let phone = try JourneyPhone()
        var kept: [String: JSON] = [:]
        for (number, step) in journey.steps.enumerated() {
            let place = "step \(number + 1), \(step.call)"
            let with = try JSON.object(step.with ?? [:]).filled(from: kept)
            let gives = try step.gives?.filled(from: kept)
            let fails = try step.fails?.filled(from: kept)
            let outcome = try await outcome { try await phone.call(step.call, with, expecting: gives) }
            let answer: JSON
            switch (outcome, fails) {
            case (.success(let given), nil): answer = given
            case (.failure(let error), .some): answer = JSON(error)
            case (.success(let given), .some): throw Unexpected("\(place): it gave \(given) where it should fail")
            case (.failure(let error), nil): throw Unexpected("\(place): \(error)")
            }
            if let expected = gives ?? fails, let difference = expected.difference(to: answer) {
                throw Unexpected("\(place): \(difference)")
            }
            if let name = step.keep {
                kept[name] = answer
            }
        }
    }

    private func outcome(_ call: () async throws -> JSON) async throws -> Result<JSON, WalletError> {
        do {
            return .success(try await call())
        } catch let error as WalletError {
            return .failure(error)
        }
    }
}

/// What went otherwise than the table says.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

struct Journey: Decodable, Sendable, CustomTestStringConvertible {
    let journey: String
    let steps: [Step]

    struct Step: Decodable, Sendable {
        let call: String
        let with: [String: JSON]?
        let gives: JSON?
        let fails: JSON?
        let keep: String?

        enum CodingKeys: CodingKey {
            case call, with, gives, fails, keep
        }

        init(from decoder: any Decoder) throws {
            let step = try decoder.container(keyedBy: CodingKeys.self)
            call = try step.decode(String.self, forKey: .call)
            with = try step.decodeIfPresent([String: JSON].self, forKey: .with)
            // `null` is an answer, and no `gives` is none.
            gives = step.contains(.gives) ? try step.decode(JSON.self, forKey: .gives) : nil
            fails = try step.decodeIfPresent(JSON.self, forKey: .fails)
            keep = try step.decodeIfPresent(String.self, forKey: .keep)
        }
    }

    var testDescription: String { journey }

    static func table() throws -> [Journey] {
        let file = URL(fileURLWithPath: #filePath).appending(path: "../../../../../../tests/journeys/journeys.json")
        return try JSONDecoder().decode([Journey].self, from: Data(contentsOf: file.standardizedFileURL))
    }
}
