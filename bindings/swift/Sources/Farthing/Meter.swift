import Foundation
internal import FarthingFFI

/// Counts the use of one metered item. Get it by ``Wallet/meter(_:)``, keep it and share it.
///
/// ```swift
/// let calls = wallet.meter("api_calls")
/// try await calls.record()  // in memory; many units are one purchase later
/// ```
///
/// What is counted is spent at once in ``Wallet/balance``. It is written down when as many units are in memory as
/// ``MeterTerms/flushAfterUnits`` says, after ``MeterTerms/flushAfter``, at a sync and when the wallet closes. A kill
/// loses what is in memory, in the player's favour.
public final class Meter: Sendable {
    private let core: FarthingFFI.Meter

    init(core: FarthingFFI.Meter) {
        self.core = core
    }

    /// Counts units that were used, or says why they may not be.
    ///
    /// It needs no network, and nearly every call is done at once; one that finds as many units in memory as may be
    /// there waits until they are on disk.
    ///
    /// - Parameter units: 1 to 1,000,000,000.
    /// - Throws: Nothing is counted then: `usageCapReached`, those of ``Wallet/buy(_:quantity:idempotencyKey:)`` but for
    ///   `alreadyOwned` and `approvalRequired`, and `invalidArgument` for an item that is not metered.
    public func record(_ units: Int = 1) async throws(WalletError) {
        let units = UInt32(clamping: units)
        if !core.tryRecord(units: units) {
            try await calling { try await self.core.record(units: units) }
        }
    }

    /// Counts units in memory if that can be done at once.
    ///
    /// Where it is `false` nothing is counted, and ``record(_:)`` does it or says why not.
    public func tryRecord(_ units: Int = 1) -> Bool {
        core.tryRecord(units: UInt32(clamping: units))
    }

    /// Writes down what was counted, now: before the app may be killed, such as in the background.
    ///
    /// - Throws: It is still counted then, and written later: `syncRequired`, `storageFull`, `storageUnavailable`,
    ///   `closed`.
    public func flush() async throws(WalletError) {
        try await calling { try await self.core.flush() }
    }
}
