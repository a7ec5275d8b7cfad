import Foundation
import SandboxGateway
import Testing

@testable import Farthing
@testable import FarthingApple

@Suite(.timeLimit(.minutes(2))) struct BackgroundTests {
    private let scheduler = MemoryScheduler()

    private func background(
        _ sync: @escaping @Sendable () async -> Result<SyncReport, WalletError>?
    ) -> BackgroundSync {
        let background = BackgroundSync(identifier: "settle", scheduler: scheduler, sync: sync)
        background.register()
        return background
    }

    @Test func aRunThatSettlesAllIsTheLast() async throws {
        let background = background { .success(report(waiting: 0)) }
        #expect(background.schedule())
        #expect(await scheduler.run() == true)
        #expect(scheduler.submitted == 1)
    }

    @Test func aRunThatLeavesSomethingAsksForTheNext() async throws {
        let outcomes: [Result<SyncReport, WalletError>?] = [
            .success(report(waiting: 3)), .failure(error(isTransient: true)), nil,
        ]
        for outcome in outcomes {
            let scheduler = MemoryScheduler()
            let background = BackgroundSync(identifier: "settle", scheduler: scheduler) { outcome }
            background.register()
            #expect(await scheduler.run() == false)
            #expect(scheduler.submitted == 1)
        }
    }

    @Test func whatTryingAgainDoesNotHelpIsNotTriedAgain() {
        #expect(!BackgroundSync.isNeededAgain(after: .failure(error(isTransient: false))))
    }

    @Test func aRunWhoseTimeIsUpIsCompletedOnceAndAsksForTheNext() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let background = background {
            for await _ in gate { break }
            return .success(report(waiting: 0))
        }
        _ = background
        let run = Task { await scheduler.run(timeIsUp: true) }
        #expect(await run.value == false)
        open.yield()
        #expect(scheduler.submitted == 1)
        #expect(scheduler.completed == 1)
    }

    @Test func aSystemThatTakesNoRequestsIsTold() {
        scheduler.refuses = true
        #expect(!background { nil }.schedule())
    }

    @Test func theNetworkThatComesBackWakesTheWallet() async throws {
        let (paths, path) = AsyncStream.makeStream(of: Bool.self)
        let (syncs, sync) = AsyncStream.makeStream(of: Void.self)
        let wakeUp = NetworkWakeUp(paths: { paths }, sync: { sync.yield() })
        wakeUp.start()
        wakeUp.start()
        // There from the start, gone, back; and once more.
        for isReachable in [true, true, false, false, true, true, false, true] {
            path.yield(isReachable)
        }
        path.finish()
        var count = 0
        for await _ in syncs {
            count += 1
            if count == 2 { break }
        }
        wakeUp.stop()
        #expect(count == 2)
    }

    @Test func aRealWalletIsSettledInTheBackground() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "farthing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try SandboxGateway(data: folder.appending(path: "gateway"))
        let walletFolder = try AppleStorage.prepared(folder.appending(path: "wallet"))
        var config = WalletConfig(
            gateway: gateway.address,
            publishableKey: gateway.publishableKey,
            folder: walletFolder
        )
        config.rootKey = gateway.rootKey
        config.syncsByItself = false
        let keys = SoftwareKeyStore(file: folder.appending(path: "keys.json"))
        let wallet = try await Wallet.open(config, keyStore: keys)
        try await wallet.sync()
        let card = CardDetails(number: "4242 4242 4242 4242", expiryMonth: 12, expiryYear: 2034, cvc: "123")
        try await wallet.topUp(Money("5.00", "USD"), card: wallet.addCard(card).id)
        try await wallet.buy("hint")

        await gateway.stop()
        let background = background { await outcome(of: wallet) }
        #expect(await scheduler.run() == false)
        try await gateway.restart()
        #expect(await scheduler.run() == true)
        #expect(try await wallet.purchases(PurchaseFilter(waitingOnly: true)).isEmpty)
        _ = background
        await wallet.close()
    }
}

private func report(waiting: Int) -> SyncReport {
    SyncReport(settled: 1, rejected: 0, waiting: waiting, balance: Balance(currencies: [], asOf: nil))
}

private func error(isTransient: Bool) -> WalletError {
    WalletError(reason: .offline(operation: "sync"), message: "no connection", isTransient: isTransient)
}

/// A scheduler that runs what is registered when the test says so.
private final class MemoryScheduler: TaskScheduler, @unchecked Sendable {
    private var registered: (@Sendable (any ScheduledTask) -> Void)?
    private(set) var submitted = 0
    private(set) var completed = 0
    var refuses = false

    func register(_ identifier: String, _ run: @escaping @Sendable (any ScheduledTask) -> Void) -> Bool {
        registered = run
        return true
    }

    func submit(_ identifier: String) throws {
        if refuses { throw CancellationError() }
        submitted += 1
    }

    /// Runs it and says with what success it was completed.
    func run(timeIsUp: Bool = false) async -> Bool? {
        let (outcomes, outcome) = AsyncStream.makeStream(of: Bool.self)
        registered?(MemoryTask(timeIsUp: timeIsUp) { outcome.yield($0) })
        for await success in outcomes {
            completed += 1
            return success
        }
        return nil
    }
}

private struct MemoryTask: ScheduledTask {
    let timeIsUp: Bool
    let done: @Sendable (Bool) -> Void

    func complete(success: Bool) {
        done(success)
    }

    func whenTimeIsUp(_ act: @escaping @Sendable () -> Void) {
        if timeIsUp { act() }
    }
}
