import FarthingShop
import SwiftUI

/// What the player has for a time, and whether it is renewed.
struct PassesSection: View {
    let rows: [PassRow]
    let isBusy: Bool
    let onRenewal: @MainActor (PassRow.ID, Bool) -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        SectionHeading(.passesHeading)
        ForEach(rows) { row in
            HStack(alignment: .top, spacing: 16) {
                ItemPicture(row.name.look, size: 72)
                VStack(alignment: .leading, spacing: 4) {
                    Text(wording.title(row.name)).font(.headline).accessibilityAddTraits(.isHeader)
                    Text(wording.text(row.words)).font(.subheadline).foregroundStyle(colour(row))
                    if row.mayRenew {
                        Toggle(wording.text(.passRenew), isOn: renews(row))
                            .disabled(isBusy)
                            .accessibilityLabel(wording.text(.passRenewNamed, .item(row.name)))
                    }
                    if let renewal = row.renewalWords {
                        Text(wording.text(renewal)).font(.footnote).foregroundStyle(.secondary)
                    }
                }
                .frame(maxWidth: .infinity, alignment: .leading)
            }
            .padding(12)
            .background(GameColours.card, in: RoundedRectangle(cornerRadius: 18, style: .continuous))
        }
    }

    private func renews(_ row: PassRow) -> Binding<Bool> {
        Binding {
            row.renewal != nil
        } set: { agrees in
            onRenewal(row.id, agrees)
        }
    }

    private func colour(_ row: PassRow) -> Color {
        row.state == .active ? GameColours.action : .secondary
    }
}

#Preview("A pass") {
    ScrollView { VStack { PassesSection(rows: PassRow.samples, isBusy: false) { _, _ in } }.padding() }
}

#Preview("German, large letters") {
    ScrollView { VStack { PassesSection(rows: PassRow.samples, isBusy: false) { _, _ in } }.padding() }
        .environment(\.locale, Locale(identifier: "de_DE"))
        .dynamicTypeSize(.accessibility2)
}
