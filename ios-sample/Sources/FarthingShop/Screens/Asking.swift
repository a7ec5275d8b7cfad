import Farthing
import Observation

/// Asks the wallet for one thing at a time: a second tap meanwhile does nothing.
@MainActor @Observable final class Asking {
    /// Whether something is asked right now.
    private(set) var isBusy = false

    @ObservationIgnored let tasks = OwnedTasks()
    private let session: WalletSession
    private let noticeBoard: NoticeBoard

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        self.noticeBoard = noticeBoard
    }

    /// Asks, and reads the wallet again afterwards.
    ///
    /// - Parameter notice: What the player is told of an error; `nil` where something else tells it.
    /// - Returns: Whether it was done.
    func ask(
        _ act: @escaping @MainActor (Wallet) async throws(WalletError) -> Void,
        telling notice: @escaping @MainActor (WalletError) -> Notice? = { $0.notice }
    ) -> Task<Bool, Never> {
        guard !isBusy, let wallet = session.wallet else { return Task { false } }
        isBusy = true
        return tasks.start { [weak self] in
            defer {
                self?.isBusy = false
                self?.session.refresh()
            }
            do throws(WalletError) {
                try await act(wallet)
                return true
            } catch {
                if let words = notice(error) { self?.noticeBoard.show(words) }
                return false
            }
        }
    }
}
