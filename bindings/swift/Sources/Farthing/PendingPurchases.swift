import Foundation
internal import FarthingFFI

/// Who waits for which purchase. The core calls ``onEnd(call:end:)`` from a thread of its own, which only wakes who
/// waits.
final class PendingPurchases: PurchaseListener, @unchecked Sendable {
    private let lock = NSLock()
    private var calls: UInt64 = 0
    private var waiting: [UInt64: CheckedContinuation<PurchaseEnd, Never>] = [:]

    /// Begins a purchase under a number of its own, and waits for how it ends.
    func end(of begin: (UInt64) -> Void) async -> PurchaseEnd {
        await withCheckedContinuation { buyer in
            let call = lock.withLock {
                calls += 1
                waiting[calls] = buyer
                return calls
            }
            begin(call)
        }
    }

    func onEnd(call: UInt64, end: PurchaseEnd) {
        let buyer = lock.withLock { waiting.removeValue(forKey: call) }
        buyer?.resume(returning: end)
    }
}
