import FarthingShop
import SwiftUI

/// What is paid by use: each tap is one unit.
struct MeterView: View {
    let rows: [MeterRow]
    let onUse: @MainActor (MeterRow.ID) -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        Form {
            ForEach(rows) { row in
                Section {
                    HStack(spacing: 16) {
                        ItemPicture(row.name.look, size: 72)
                        VStack(alignment: .leading) {
                            Text(wording.title(row.name)).font(.headline).accessibilityAddTraits(.isHeader)
                            Text(wording.description(row.name)).font(.footnote).foregroundStyle(.secondary)
                        }
                    }
                    ForEach(row.lines, id: \.self) { line in
                        Text(wording.text(line)).foregroundStyle(line == row.warning ? Color.red : Color.primary)
                    }
                    Button(wording.text(.use)) { onUse(row.id) }
                        .accessibilityLabel(wording.text(.useNamed, .item(row.name)))
                }
            }
        }
    }
}

#Preview("Counted") {
    MeterView(rows: [.sample]) { _ in }
}

#Preview("German, large letters") {
    MeterView(rows: [.sample]) { _ in }
        .environment(\.locale, Locale(identifier: "de_DE"))
        .dynamicTypeSize(.accessibility2)
}
