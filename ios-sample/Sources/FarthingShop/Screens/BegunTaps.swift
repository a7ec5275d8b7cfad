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

    /// Writes a tap down.
    ///
    /// - Returns: Whether it is on disk, so that the wallet may be asked; when it isn't, the notice board says why.
    func begin(_ sku: String, _ tap: Tap, telling noticeBoard: NoticeBoard) -> Bool {
        var begun = taps
        begun[sku] = tap
        do {
            try file.save(begun)
        } catch {
            noticeBoard.show(Notice(.errorStorageUnavailable))
            return false
        }
        taps = begun
        return true
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
