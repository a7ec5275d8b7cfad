import FarthingShop
import SwiftUI

/// The shop as an app.
@main
struct FarthingShopApp: App {
    @State private var process = ShopProcess()
    @Environment(\.scenePhase) private var scenePhase

    var body: some Scene {
        WindowGroup {
            if let shop = process.shop {
                RootView(shop: shop)
                    .onChange(of: shop.session.state, initial: true) { process.sessionChanged() }
            } else {
                ClosedShopView(why: Notice(.errorStorageUnavailable))
            }
        }
        .onChange(of: scenePhase) { _, phase in process.scenePhaseChanged(to: phase) }
    }
}
