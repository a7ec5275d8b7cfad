import Farthing
import Foundation

/// Starts tasks while the app is not in front: BGTaskScheduler, as far as this library needs it.
protocol TaskScheduler: Sendable {
    /// Says what to run for an identifier; false when the app's Info.plist doesn't permit it.
    func register(_ identifier: String, _ run: @escaping @Sendable (any ScheduledTask) -> Void) -> Bool
    /// Asks for one run, with a network. It takes the place of an earlier request.
    func submit(_ identifier: String) throws
}

/// One run in the background.
protocol ScheduledTask: Sendable {
    /// Tells that the run is done.
    func complete(success: Bool)
    /// Says what to do when the system wants the time back.
    func whenTimeIsUp(_ act: @escaping @Sendable () -> Void)
}

/// Settles purchases while the app is not in front.
///
/// ```swift
/// let sync = BackgroundSync(identifier: "com.example.game.settle") { await game.wallet }
/// sync.register()  // before the app has finished launching
/// sync.schedule()  // when it goes to the background
/// ```
///
/// The identifier stands in the app's Info.plist under `BGTaskSchedulerPermittedIdentifiers`, with `processing` among
/// its `UIBackgroundModes`. A run that leaves something unsettled asks for the next one.
public final class BackgroundSync: Sendable {
    private let identifier: String
    private let scheduler: any TaskScheduler
    private let sync: @Sendable () async -> Result<SyncReport, WalletError>?

    init(
        identifier: String,
        scheduler: any TaskScheduler,
        sync: @escaping @Sendable () async -> Result<SyncReport, WalletError>?
    ) {
        self.identifier = identifier
        self.scheduler = scheduler
        self.sync = sync
    }

    /// Says that this runs for the identifier: call it once, before the app has finished launching.
    ///
    /// - Returns: False when the app's Info.plist doesn't permit the identifier; nothing runs then.
    @discardableResult
    public func register() -> Bool {
        scheduler.register(identifier) { [self] task in run(task) }
    }

    /// Asks for a run when the system finds it a good time and there is a network: call it when the app goes to the
    /// background.
    ///
    /// - Returns: False where the system takes no requests, as in a simulator or when the player has turned background
    ///   refresh off. Purchases then settle when the app is in front.
    @discardableResult
    public func schedule() -> Bool {
        (try? scheduler.submit(identifier)) != nil
    }

    private func run(_ task: any ScheduledTask) {
        // Whatever comes first decides: the sync, or the end of the time. What the sync does later is not lost.
        let (outcomes, outcome) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingOldest(1))
        task.whenTimeIsUp { outcome.yield(true) }
        Task { _ = outcome.yield(Self.isNeededAgain(after: await sync())) }
        Task {
            for await isNeededAgain in outcomes {
                if isNeededAgain {
                    schedule()
                }
                task.complete(success: !isNeededAgain)
                return
            }
        }
    }

    /// Whether another run can do what this one could not. No outcome means that no wallet could be opened.
    static func isNeededAgain(after outcome: Result<SyncReport, WalletError>?) -> Bool {
        switch outcome {
        case .success(let report): report.waiting > 0
        case .failure(let error): error.isTransient
        case nil: true
        }
    }
}

/// Syncs a wallet, and says what came of it.
@Sendable func outcome(of wallet: Wallet) async -> Result<SyncReport, WalletError> {
    do throws(WalletError) {
        return .success(try await wallet.sync())
    } catch {
        return .failure(error)
    }
}
