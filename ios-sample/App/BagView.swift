import FarthingShop
import SwiftUI

/// What the player owns, to use.
struct BagView: View {
    let items: [BagItem]
    let passes: PassesModel?
    let onUse: @MainActor (String) -> Void
    let onShop: @MainActor () -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        if items.isEmpty, passes?.rows.isEmpty ?? true {
            EmptyRoomView(title: wording.text(.bagEmpty), text: wording.text(.bagEmptyText)) {
                Button(wording.text(.toTheShop), action: onShop).buttonStyle(.borderedProminent)
            }
        } else {
            ScrollView {
                LazyVStack(spacing: 12) {
                    SectionHeading(.bagHeading)
                    ForEach(items) { item in
                        BagCard(item: item) { onUse(item.id) }
                    }
                    if let passes, !passes.rows.isEmpty {
                        PassesSection(rows: passes.rows, isBusy: passes.isBusy) { passes.setRenewal($0, agrees: $1) }
                    }
                }
                .padding()
            }
            .background(GameColours.background)
        }
    }
}

private struct BagCard: View {
    let item: BagItem
    let onUse: @MainActor () -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        HStack(spacing: 16) {
            ItemPicture(item.name.look, size: 72)
            ViewThatFits(in: .horizontal) {
                HStack {
                    words
                    Spacer()
                    button
                }
                VStack(alignment: .leading) {
                    words
                    button
                }
            }
            .frame(maxWidth: .infinity, alignment: .leading)
        }
        .padding(12)
        .background(GameColours.card, in: RoundedRectangle(cornerRadius: 18, style: .continuous))
    }

    private var words: some View {
        VStack(alignment: .leading, spacing: 2) {
            Text(wording.title(item.name))
                .font(.headline)
                .accessibilityAddTraits(.isHeader)
            Text(wording.text(item.quantityWords))
                .font(.subheadline)
                .foregroundStyle(GameColours.action)
            if item.isDurable {
                Text(wording.description(item.name))
                    .font(.footnote)
                    .foregroundStyle(.secondary)
            }
        }
    }

    @ViewBuilder private var button: some View {
        if !item.isDurable {
            Button(wording.text(.use), action: onUse)
                .buttonStyle(.bordered)
                .buttonBorderShape(.capsule)
                .disabled(!item.canBeUsed)
                .accessibilityLabel(wording.text(.useNamed, .item(item.name)))
        }
    }
}

#Preview("Bag") {
    BagView(items: BagItem.samples, passes: nil, onUse: { _ in }, onShop: {})
}

#Preview("Empty") {
    BagView(items: [], passes: nil, onUse: { _ in }, onShop: {})
}
