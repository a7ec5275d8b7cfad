import Farthing
import FarthingApple
import FarthingShop
import Foundation
import StoreKit
import SwiftUI

/// What lives as long as the app's process: the one wallet, with its keys in the Secure Enclave, and what wakes it
/// up to sync. This is what to copy into a game.
@MainActor final class ShopProcess {
    /// The shop; `nil` when there is no folder to keep it in.
    let shop: EmberdeepShop?

    private let backgroundSync: BackgroundSync?
    private let transactions: Task<Void, Never>?
    private var networkWakeUp: NetworkWakeUp?

    /// One of `BGTaskSchedulerPermittedIdentifiers` in `Info.plist`.
    private static let syncTask = "dev.farthing.sample.sync"

    init() {
        guard let folder = try? AppleStorage.walletFolder() else {
            (shop, backgroundSync, transactions) = (nil, nil, nil)
            return
        }
        let place = WalletPlace(folder: folder, keyStore: AppleKeyStore(service: "dev.farthing.sample"))
        let shop = EmberdeepShop(
            folder: .applicationSupportDirectory.appending(path: "Emberdeep"),
            store: { settings in StandInStore(settings).map { $0 as any PackStore } ?? AppStorePacks() },
            place: { _ in place }
        )
        self.shop = shop
        // What a parent has approved, or the player has bought in the store itself or on another device.
        transactions = Task {
            for await _ in StoreKit.Transaction.updates { await shop.packs.handOverAll().value }
        }
        backgroundSync = BackgroundSync(identifier: Self.syncTask) { await shop.session.currentWallet() }
        shop.start()
        // Before the launch of the app ends: later is too late for iOS.
        backgroundSync?.register()
    }

    /// Each wallet has a wake-up of its own, for when the network comes back.
    func sessionChanged() {
        networkWakeUp?.stop()
        networkWakeUp = shop?.session.wallet.map { NetworkWakeUp(wallet: $0) }
        networkWakeUp?.start()
    }

    /// Syncs in the foreground now, and in the background when iOS finds the time.
    func scenePhaseChanged(to phase: ScenePhase) {
        guard let shop else { return }
        switch phase {
        case .active: Task { try? await shop.session.wallet?.sync() }
        case .background: backgroundSync?.schedule()
        default: break
        }
    }
}
