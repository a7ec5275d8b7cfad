import Foundation
internal import FarthingFFI

extension WalletConfig {
    var core: FarthingFFI.WalletConfig {
        FarthingFFI.WalletConfig(
            gateway: gateway.absoluteString,
            publishableKey: publishableKey,
            folder: folder.path,
            rootKey: rootKey,
            enrolmentToken: enrolmentToken,
            keyPins: keyPins,
            tlsRoots: tlsRoots,
            syncsByItself: syncsByItself,
            clock: clock.map(ClockOfApp.init)
        )
    }
}

/// A clock of the app's, asked by the core.
private final class ClockOfApp: Clock {
    private let now: @Sendable () -> Date

    init(_ now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    func wall() -> Date {
        now()
    }
}

extension PurchaseFilter {
    var core: FarthingFFI.PurchaseFilter {
        FarthingFFI.PurchaseFilter(limit: UInt32(clamping: limit), waitingOnly: waitingOnly)
    }
}

extension CardDetails {
    /// A month or a year that can't be one becomes one that the core refuses.
    var core: FarthingFFI.CardDetails {
        FarthingFFI.CardDetails(
            number: number,
            expiryMonth: UInt8(clamping: expiryMonth),
            expiryYear: UInt16(clamping: expiryYear),
            cvc: cvc
        )
    }
}

extension Money {
    var core: FarthingFFI.Money {
        FarthingFFI.Money(micros: micros, currency: currency)
    }
}
