import FarthingShop
import SwiftUI

/// The other ways to pay, and what limits them.
struct MoreView: View {
    let shop: EmberdeepShop

    @Environment(\.wording) private var wording

    var body: some View {
        List {
            link(.tipsHeading, "heart") {
                TipsView(creators: shop.tips.creators) { shop.tips.tip($0, $1, message: $2) }
            }
            link(.cardTabHeading, "list.bullet.rectangle") { CardTabView(tab: shop.tab) }
            link(.packsHeading, "storefront") { PacksView(packs: shop.packs) }
            link(.autoTopUpHeading, "arrow.triangle.2.circlepath") { AutoTopUpView(autoTopUp: shop.autoTopUp) }
            link(.meterHeading, "gauge.with.dots.needle.33percent") {
                MeterView(rows: shop.meter.rows) { shop.meter.use($0) }
            }
            link(.limitsHeading, "hand.raised") { LimitsView(limits: shop.limits) }
        }
    }

    private func link(_ title: ShopText, _ symbol: String, @ViewBuilder to view: () -> some View) -> some View {
        NavigationLink {
            view().navigationTitle(wording.text(title)).navigationBarTitleDisplayMode(.inline)
        } label: {
            Label(wording.text(title), systemImage: symbol)
        }
    }
}
