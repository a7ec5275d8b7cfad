import FarthingShop
import SwiftUI

/// What was bought, the newest first.
struct PurchasesView: View {
    let rows: [PurchaseRow]
    let isRefunding: Bool
    let onRefund: @MainActor (PurchaseRow.ID) -> Void
    let signedReceipt: @MainActor (PurchaseRow.ID) async -> String?
    var readTax: @MainActor (PurchaseRow.ID) async -> Void = { _ in }

    @Environment(\.wording) private var wording

    var body: some View {
        Group {
            if rows.isEmpty {
                EmptyRoomView(title: wording.text(.purchasesEmpty), text: wording.text(.purchasesEmptyText)) {}
            } else {
                list
            }
        }
        .navigationDestination(for: PurchaseRow.ID.self) { id in
            if let row = rows.first(where: { $0.id == id }) {
                ReceiptView(
                    row: row,
                    isRefunding: isRefunding,
                    onRefund: { onRefund(id) },
                    signedReceipt: { await signedReceipt(id) },
                    readTax: { await readTax(id) }
                )
            }
        }
    }

    private var list: some View {
        ScrollView {
            LazyVStack(spacing: 8) {
                SectionHeading(.purchasesHeading)
                ForEach(rows) { row in
                    NavigationLink(value: row.id) { line(row) }.buttonStyle(.plain)
                }
            }
            .padding()
        }
        .background(GameColours.background)
    }

    private func line(_ row: PurchaseRow) -> some View {
        HStack(spacing: 12) {
            ItemPicture(row.name.look, size: 48)
            VStack(alignment: .leading, spacing: 4) {
                Text(wording.text(row.heading)).font(.headline)
                Text(wording.date(row.purchasedAt)).font(.footnote).foregroundStyle(.secondary)
                if row.isFromAnotherDevice {
                    Text(wording.text(.fromAnotherDevice)).font(.footnote).foregroundStyle(.secondary)
                }
                ProgressChip(progress: row.progress)
            }
            .frame(maxWidth: .infinity, alignment: .leading)
            Text(wording.money(row.total)).font(.headline)
        }
        .padding(12)
        .background(GameColours.card, in: RoundedRectangle(cornerRadius: 18, style: .continuous))
        .accessibilityElement(children: .combine)
    }
}

/// How far a purchase is.
struct ProgressChip: View {
    let progress: PurchaseRow.Progress

    @Environment(\.wording) private var wording

    var body: some View {
        let word = wording.text(progress.word)
        switch progress {
        case .waiting:
            Chip(text: word, symbol: "clock", container: GameColours.waiting, content: GameColours.onWaiting)
        case .settled:
            Chip(text: word, symbol: "checkmark", container: GameColours.good, content: GameColours.onGood)
        case .refunded:
            Chip(text: word, symbol: "arrow.uturn.backward", container: GameColours.good, content: GameColours.onGood)
        case .takenBack:
            Chip(
                text: word,
                symbol: "exclamationmark.triangle",
                container: GameColours.bad,
                content: GameColours.onBad
            )
        }
    }
}

#Preview("Purchases") {
    NavigationStack {
        PurchasesView(rows: PurchaseRow.samples, isRefunding: false, onRefund: { _ in }) { _ in nil }
    }
}

#Preview("Empty") {
    PurchasesView(rows: [], isRefunding: false, onRefund: { _ in }) { _ in nil }
}
