import Farthing
import Foundation
import Observation

/// Whether there is a wallet to shop with.
public enum SessionState: Hashable, Sendable {
    /// No gateway was named yet.
    case setupNeeded
    /// It is being opened.
    case opening
    /// It is open.
    case open
    /// It can't be opened: what the player is told.
    case failed(Notice)
}

/// The one wallet of the app, and what the screens show of it.
@MainActor @Observable public final class WalletSession {
    /// Whether there is a wallet.
    public private(set) var state = SessionState.opening

    /// What the wallet is opened with.
    public private(set) var settings: ShopSettings

    /// Whether the player switched the network off, for the wallet only.
    public private(set) var isOffline = false

    /// What the wallet holds, read again whenever something happens; `nil` while none is open.
    public private(set) var contents: WalletContents?

    /// The balance; `nil` while no wallet is open.
    public private(set) var balance: Balance?

    /// What sync is doing.
    public private(set) var syncState = SyncState.idle

    /// The wallet, while it is open.
    public private(set) var wallet: Wallet?

    private let placeOf: @MainActor (ShopSettings) -> WalletPlace
    private let settingsFile: KeptFile<ShopSettings>
    private let noticeBoard: NoticeBoard
    private var whenOpened: [@MainActor () -> Void] = []
    private var whenReplaced: [@MainActor () -> Void] = []
    private var whenTold: [@MainActor (WalletEvent) -> Void] = []
    private var whenSynced: [@MainActor () -> Void] = []
    @ObservationIgnored private var readings = Readings()
    private var listening: [Task<Void, Never>] = []
    private var turn: Task<Void, Never>?

    init(
        settingsFile: KeptFile<ShopSettings>,
        noticeBoard: NoticeBoard,
        place: @escaping @MainActor (ShopSettings) -> WalletPlace
    ) {
        placeOf = place
        self.settingsFile = settingsFile
        self.noticeBoard = noticeBoard
        settings = settingsFile.load() ?? ShopSettings()
    }

    /// Calls something each time that a wallet was opened.
    func whenOpened(_ act: @escaping @MainActor () -> Void) {
        whenOpened.append(act)
    }

    /// Calls something each time that another wallet takes the place of the one before.
    func whenReplaced(_ act: @escaping @MainActor () -> Void) {
        whenReplaced.append(act)
    }

    /// Calls something with each event of the wallet.
    func whenTold(_ act: @escaping @MainActor (WalletEvent) -> Void) {
        whenTold.append(act)
    }

    /// Calls something each time that a sync has left nothing to do: the gateway can be reached.
    func whenSynced(_ act: @escaping @MainActor () -> Void) {
        whenSynced.append(act)
    }

    /// The wallet, once what is under way has come to its end: for background tasks, which may start before the
    /// wallet is open. `nil` when it can't be opened.
    public func currentWallet() async -> Wallet? {
        await turn?.value
        return wallet
    }

    /// Switches the wallet's network off or on.
    public func setOffline(_ isOffline: Bool) {
        guard let wallet else { return }
        wallet.isOffline = isOffline
        self.isOffline = isOffline
    }

    /// Reads again what raises no event, such as a used item or a new card.
    func refresh() {
        if let wallet { balance = wallet.balance }
        readings.order()
    }

    /// Reads all again, and returns once the screens show it.
    public func refreshed() async {
        guard let wallet else { return }
        balance = wallet.balance
        syncState = wallet.syncState
        await readings.next()
    }

    // MARK: - Opening and closing, one after the other

    /// Opens the wallet, as a start of the app does; one that is open is closed before.
    public func reopen() async {
        await reopening().value
    }

    /// As ``reopen()``; it is under way when this returns.
    func reopening() -> Task<Void, Never> {
        inTurn {
            await self.closeNow()
            await self.openNow()
        }
    }

    /// Closes the wallet, as the end of the app does.
    public func close() async {
        await inTurn { await self.closeNow() }.value
    }

    /// Opens the wallet by other settings, which are kept.
    func change(_ settings: ShopSettings) -> Task<Void, Never> {
        inTurn {
            let isReplaced = self.settings.publishableKey != settings.trimmed.publishableKey
            let before = (place: self.place.folder, enrolledDevice: self.settings.enrolledDevice)
            self.settings = settings.trimmed
            self.settings.enrolledDevice = before.place == self.place.folder ? before.enrolledDevice : nil
            self.saveSettings()
            await self.closeNow()
            if isReplaced { self.tellReplaced() }
            await self.openNow()
        }
    }

    /// Deletes the wallet with all that it holds, or sets aside one that can't be opened, and begins a new one.
    func erase() -> Task<Void, Never> {
        inTurn {
            var isErased = false
            do throws(WalletError) {
                if let wallet = self.wallet {
                    try await wallet.erase(force: true)
                } else if case .failed = self.state {
                    try await self.place.startOver()
                } else {
                    return
                }
                isErased = true
                self.tellReplaced()
            } catch {
                self.noticeBoard.show(error.notice)
            }
            await self.closeNow()
            if isErased {
                self.settings.enrolledDevice = nil
                self.saveSettings()
            }
            await self.openNow()
        }
    }

    private func tellReplaced() {
        for act in whenReplaced {
            act()
        }
    }

    private func inTurn(_ act: @escaping @MainActor () async -> Void) -> Task<Void, Never> {
        let before = turn
        let mine = Task {
            await before?.value
            await act()
        }
        turn = mine
        return mine
    }

    private var place: WalletPlace { placeOf(settings) }

    private func openNow() async {
        guard settings.isComplete else {
            state = .setupNeeded
            return
        }
        do throws(WalletError) {
            guard let opened = try await place.open(settings) else {
                state = .failed(Notice(.errorGatewayAddress, .text(settings.gateway)))
                return
            }
            listen(to: opened)
            wallet = opened
            state = .open
        } catch {
            state = .failed(error.notice)
            return
        }
        for act in whenOpened {
            act()
        }
    }

    private func closeNow() async {
        state = .opening
        isOffline = false
        let closing = wallet
        wallet = nil
        await closing?.close()
        // Its streams have ended, and so do those who listen.
        readings.end()
        for task in listening {
            await task.value
        }
        (contents, balance, syncState, listening) = (nil, nil, .idle, [])
    }

    /// A token is good once. One that is given to a wallet that has its player is kept for the next wallet.
    private func forgetUsedToken(_ token: String, of device: String) {
        guard settings.enrolledDevice != device else { return }
        if settings.enrolmentToken == token { settings.enrolmentToken = "" }
        settings.enrolledDevice = device
        saveSettings()
    }

    private func saveSettings() {
        do {
            try settingsFile.save(settings)
        } catch {
            noticeBoard.show(Notice(.errorStorageUnavailable))
        }
    }

    // MARK: - What the wallet tells

    private func listen(to wallet: Wallet) {
        balance = wallet.balance
        syncState = wallet.syncState
        let token = settings.enrolmentToken
        let readings = Readings()
        self.readings = readings
        readings.order()
        listening = [
            Task { [weak self, events = wallet.events] in
                for await event in events {
                    self?.tell(event)
                    readings.order()
                }
            },
            Task { [weak self, updates = wallet.balanceUpdates] in
                for await _ in updates {
                    // Asked for again: what was told may be older than what the screens show by now.
                    if let wallet = self?.wallet { self?.balance = wallet.balance }
                }
            },
            Task { [weak self, updates = wallet.syncStateUpdates] in
                for await syncState in updates {
                    self?.syncState = syncState
                    if syncState == .idle { self?.tellSynced() }
                }
            },
            Task { [weak self] in
                await readings.read {
                    let contents = await WalletContents.read(wallet)
                    // One that was closed meanwhile has nothing to read.
                    guard contents.problem?.reason != .closed else { return }
                    self?.contents = contents
                    if let device = contents.device { self?.forgetUsedToken(token, of: device) }
                }
            },
        ]
    }

    private func tellSynced() {
        for act in whenSynced {
            act()
        }
    }

    private func tell(_ event: WalletEvent) {
        if let notice = event.notice(in: contents?.catalog) { noticeBoard.show(notice) }
        for act in whenTold {
            act(event)
        }
    }
}
