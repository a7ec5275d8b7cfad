import Farthing
import Foundation
import Observation

/// The testers' drawer: how the wallet is, and bad days on order.
@MainActor @Observable public final class ToolsModel {
    /// What was ordered at the gateway last.
    public private(set) var fault = Fault.none

    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    let tasks = OwnedTasks()

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        self.noticeBoard = noticeBoard
    }

    /// This device's name at the gateway; `nil` before it is enrolled.
    public var device: String? { session.contents?.device }

    /// What is said of the device.
    public var deviceWords: Notice {
        device.map { Notice(.toolsDevice, .text($0)) } ?? Notice(.toolsDeviceNone)
    }

    /// How many purchases wait for settlement.
    public var queueLength: Int { session.contents?.waiting ?? 0 }

    /// Which gateway, and by what time.
    public var settings: ShopSettings { session.settings }

    /// What sync is doing.
    public var syncWords: Notice {
        switch session.syncState {
        case .idle: Notice(.toolsSyncIdle)
        case .running: Notice(.toolsSyncRunning)
        case .waiting(let delay, let attempt, let error):
            Notice(
                .toolsSyncWaiting,
                .number(attempt),
                .number(Int(delay.components.seconds)),
                .notice(error.notice)
            )
        case .stopped(let error): Notice(.toolsSyncStopped, .notice(error.notice))
        }
    }

    /// `Wallet's clock: +24 h`.
    public var clockWords: Notice {
        let skew = settings.clockSkewHours
        return Notice(.toolsClock, .text(skew < 0 ? "−\(-skew)" : "+\(skew)"))
    }

    /// Orders a fault at the gateway, for this device.
    ///
    /// - Returns: Whether the gateway took the order. If not, the notice board says why.
    @discardableResult
    public func order(_ ordered: Fault) -> Task<Bool, Never> {
        tasks.start { [weak self] in await self?.ask(ordered) ?? false }
    }

    /// Syncs at once.
    ///
    /// - Returns: What it has done; `nil` when it failed, and the notice board says why.
    @discardableResult
    public func sync() -> Task<SyncReport?, Never> {
        tasks.start { [session, noticeBoard] in
            guard let wallet = session.wallet else { return nil }
            defer { session.refresh() }
            do throws(WalletError) {
                return try await wallet.sync()
            } catch {
                noticeBoard.show(error.notice)
                return nil
            }
        }
    }

    /// Closes the shop and opens it again, with nothing left but what is on disk.
    @discardableResult
    public func kill() -> Task<Void, Never> {
        session.reopening()
    }

    /// Opens the wallet by a clock that is so far off.
    @discardableResult
    public func skewClock(hours: Int) -> Task<Void, Never> {
        var settings = settings
        settings.clockSkewHours = hours
        return change(settings)
    }

    /// Opens the wallet at another gateway, or by other keys.
    @discardableResult
    public func change(_ settings: ShopSettings) -> Task<Void, Never> {
        session.change(settings)
    }

    /// Deletes the wallet and begins a new one.
    @discardableResult
    public func erase() -> Task<Void, Never> {
        fault = .none
        return session.erase()
    }

    private func ask(_ ordered: Fault) async -> Bool {
        guard let device else {
            noticeBoard.show(Notice(.errorNotEnrolled))
            return false
        }
        let faults = GatewayFaults(gateway: settings.gateway, publishableKey: settings.publishableKey)
        do {
            try await faults.order(ordered, device: device)
            fault = ordered
            noticeBoard.show(Notice(.faultOrdered))
            return true
        } catch {
            noticeBoard.show(Notice(.faultFailed, .text(error.reason)))
            return false
        }
    }
}
