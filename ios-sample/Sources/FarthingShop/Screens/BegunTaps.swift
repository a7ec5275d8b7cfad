import Foundation
import Observation

/// Taps that were begun and whose outcome is not known yet, by SKU or creator, each with its idempotency key.
///
/// They are on disk before the wallet is asked. When the app is killed in the middle, the same key is asked for
/// again, and the wallet answers with the same purchase instead of making another.
@MainActor @Observable final class BegunTaps {
    struct Tap: Codable, Hashable, Sendable {
        var key = UUID().uuidString.lowercased()
        var quantity = 1
        var gift: Gift?
    }

    /// What a tip gives: its amount in micros, and what is said with it.
    struct Gift: Codable, Hashable, Sendable {
        var micros: Int64
        var currency: String
        var message: String?
    }

    private(set) var taps: [String: Tap]
    private let file: KeptFile<[String: Tap]>

    /// What is under way, by SKU.
    var skus: Set<String> { Set(taps.keys) }

    init(file: KeptFile<[String: Tap]>) {
        self.file = file
        taps = file.load() ?? [:]
    }

    func begin(_ sku: String, _ tap: Tap) throws {
        var begun = taps
        begun[sku] = tap
        try file.save(begun)
        taps = begun
    }

    /// Its outcome is known. That it can't be written does no harm: the same key has the same outcome.
    func end(_ sku: String) {
        taps[sku] = nil
        try? file.save(taps)
    }

    /// The wallet that they were for is gone.
    func endAll() {
        taps = [:]
        try? file.save(taps)
    }
}
