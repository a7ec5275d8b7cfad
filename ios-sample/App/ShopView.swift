import Farthing
import FarthingShop
import SwiftUI

/// The shop: what the player has, and what it buys.
struct ShopView: View {
    let shelves: Shelves
    let onBuy: @MainActor (String) -> Void
    let onGrantedShown: @MainActor (String) -> Void
    let onTopUp: @MainActor () -> Void
    let onConfirmed: @MainActor () -> Void

    /// The narrowest that a thing on the shelf may be; it grows with the letters.
    @ScaledMetric private var narrowest: CGFloat = 158

    var body: some View {
        ScrollView {
            VStack(spacing: 12) {
                PurseView(purse: shelves.purse, onTopUp: onTopUp)
                if let topUp = shelves.openTopUp {
                    TopUpBanner(topUp: topUp, onConfirmed: onConfirmed)
                }
                SectionHeading(.shelfHeading)
                LazyVGrid(columns: [GridItem(.adaptive(minimum: narrowest), spacing: 12)], spacing: 12) {
                    ForEach(shelves.items) { item in
                        ShelfCard(
                            item: item,
                            onBuy: { onBuy(item.id) },
                            onGrantedShown: { onGrantedShown(item.id) }
                        )
                    }
                }
            }
            .padding()
        }
        .background(GameColours.background)
    }
}

/// One thing on the shelf: what it is, how many the player has, and what it costs.
struct ShelfCard: View {
    let item: ShelfItem
    let onBuy: @MainActor () -> Void
    let onGrantedShown: @MainActor () -> Void

    @Environment(\.wording) private var wording
    @Environment(\.accessibilityReduceMotion) private var reducesMotion

    var body: some View {
        VStack(spacing: 8) {
            picture
            Text(wording.title(item.name))
                .font(.headline)
                .accessibilityAddTraits(.isHeader)
            Text(wording.description(item.name))
                .font(.footnote)
                .foregroundStyle(.secondary)
                .lineLimit(2, reservesSpace: true)
            if let detail = item.detail {
                Text(wording.text(detail))
                    .font(.footnote)
                    .foregroundStyle(GameColours.action)
            }
            button
        }
        .multilineTextAlignment(.center)
        .padding(12)
        .frame(maxWidth: .infinity, maxHeight: .infinity, alignment: .top)
        .background(GameColours.card, in: RoundedRectangle(cornerRadius: 18, style: .continuous))
        .sensoryFeedback(.success, trigger: item.isGranted) { _, isGranted in isGranted }
        .task(id: item.isGranted) {
            guard item.isGranted else { return }
            AccessibilityNotification.Announcement(wording.text(.granted)).post()
            try? await Task.sleep(for: .seconds(1.2))
            onGrantedShown()
        }
    }

    private var picture: some View {
        ItemPicture(item.name.look, size: 92)
            .scaleEffect(item.isGranted && !reducesMotion ? 1.08 : 1)
            .animation(.bouncy, value: item.isGranted)
            .frame(maxWidth: .infinity)
            .overlay(alignment: .topTrailing) {
                if item.owned > 0, !item.isOwnedForEver {
                    Chip(
                        text: item.owned.formatted(.number.locale(wording.locale)),
                        symbol: "bag",
                        container: GameColours.badge,
                        content: GameColours.onBadge
                    )
                    .accessibilityElement(children: .ignore)
                    .accessibilityLabel(wording.text(.ownedCount, .number(item.owned)))
                }
            }
            .overlay(alignment: .bottom) {
                if item.isGranted {
                    Chip(
                        text: wording.text(.granted),
                        symbol: "checkmark",
                        container: GameColours.good,
                        content: GameColours.onGood
                    )
                    .transition(.scale.combined(with: .opacity))
                }
            }
    }

    private var button: some View {
        Button(action: onBuy) {
            Group {
                if item.isOwnedForEver {
                    Label(wording.text(.owned), systemImage: "checkmark")
                } else {
                    Text(wording.money(item.price)).font(.headline)
                }
            }
            .frame(maxWidth: .infinity, minHeight: 34)
            .foregroundStyle(item.isOwnedForEver ? AnyShapeStyle(.secondary) : AnyShapeStyle(GameColours.onAction))
        }
        .buttonStyle(.borderedProminent)
        .buttonBorderShape(.capsule)
        .tint(GameColours.action)
        .disabled(!item.canBeBought)
        .accessibilityLabel(wording.text(item.buttonWords))
    }
}

#Preview("Shop") {
    ShopView(shelves: .sample, onBuy: { _ in }, onGrantedShown: { _ in }, onTopUp: {}, onConfirmed: {})
}

#Preview("German, dark") {
    ShopView(shelves: .sample, onBuy: { _ in }, onGrantedShown: { _ in }, onTopUp: {}, onConfirmed: {})
        .environment(\.locale, Locale(identifier: "de_DE"))
        .preferredColorScheme(.dark)
}

#Preview("Large letters, right to left") {
    ShopView(shelves: .sample, onBuy: { _ in }, onGrantedShown: { _ in }, onTopUp: {}, onConfirmed: {})
        .environment(\.layoutDirection, .rightToLeft)
        .dynamicTypeSize(.accessibility2)
}
