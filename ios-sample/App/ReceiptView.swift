import FarthingShop
import SwiftUI
import UIKit

/// One purchase: what it was, how far it is, and who got what.
struct ReceiptView: View {
    let row: PurchaseRow
    let isRefunding: Bool
    let onRefund: @MainActor () -> Void
    let signedReceipt: @MainActor () async -> String?
    var readTax: @MainActor () async -> Void = {}

    @State private var shared: SharedReceipt?
    @State private var isFetching = false
    @Environment(\.wording) private var wording

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 14) {
                heading
                LabeledContent {
                    Text(wording.money(row.total)).font(.storybook(.title2)).foregroundStyle(.primary)
                } label: {
                    Text(wording.text(.receiptTotal)).font(.headline)
                }
                if let tax = row.tax { quiet(wording.text(tax.words)) }
                if let said = row.tip?.words { Text(wording.text(said)).italic() }
                quiet(wording.text(.receiptWhen, .text(wording.date(row.purchasedAt))))
                if row.isFromAnotherDevice { quiet(wording.text(.fromAnotherDevice)) }
                progress
                if row.canBeRefunded { refund }
            }
            .padding(20)
        }
        .background(GameColours.background)
        .navigationTitle(wording.text(.receiptHeading))
        .sheet(item: $shared) { ShareSheet(text: $0.text) }
        // Once it is settled, there is a receipt to read it from.
        .task(id: row.progress) { await readTax() }
    }

    private var heading: some View {
        HStack(spacing: 16) {
            ItemPicture(row.name.look, size: 84)
            VStack(alignment: .leading, spacing: 6) {
                Text(wording.text(row.heading))
                    .font(.storybook(.title2))
                    .accessibilityAddTraits(.isHeader)
                ProgressChip(progress: row.progress)
            }
        }
    }

    @ViewBuilder private var progress: some View {
        switch row.progress {
        case .waiting: quiet(wording.text(.receiptWaiting))
        case .refunded(let what): quiet(wording.text(what))
        case .takenBack(let why): quiet(wording.text(why))
        case .settled(let shares, let date):
            quiet(wording.text(.receiptSettledWhen, .text(wording.date(date))))
            SplitView(shares: shares)
            Button {
                Task { await share() }
            } label: {
                Label(wording.text(.shareReceipt), systemImage: "square.and.arrow.up")
                    .frame(maxWidth: .infinity, minHeight: 34)
            }
            .buttonStyle(.borderedProminent)
            .disabled(isFetching)
        }
    }

    private var refund: some View {
        VStack(alignment: .leading, spacing: 6) {
            quiet(wording.text(row.refundHint))
            Button(role: .destructive, action: onRefund) {
                Label(wording.text(.refund), systemImage: "arrow.uturn.backward")
                    .frame(maxWidth: .infinity, minHeight: 34)
            }
            .buttonStyle(.bordered)
            .disabled(isRefunding)
            .accessibilityLabel(wording.text(row.refundWords))
        }
    }

    private func quiet(_ text: String) -> some View {
        Text(text).font(.subheadline).foregroundStyle(.secondary)
    }

    private func share() async {
        isFetching = true
        defer { isFetching = false }
        shared = await signedReceipt().map(SharedReceipt.init)
    }
}

/// Who got what, as a bar and as amounts.
private struct SplitView: View {
    let shares: [PurchaseRow.Share]

    @Environment(\.wording) private var wording

    var body: some View {
        SectionHeading(.splitHeading)
        // Only the picture is a fraction; the amounts below it are exact.
        GeometryReader { area in
            let total = max(1, shares.reduce(0) { $0 + Double($1.amount.micros) })
            HStack(spacing: 0) {
                ForEach(shares) { share in
                    colour(share.party).frame(width: area.size.width * Double(share.amount.micros) / total)
                }
            }
        }
        .frame(height: 18)
        .clipShape(Capsule())
        .accessibilityHidden(true)
        ForEach(shares) { share in
            HStack(spacing: 10) {
                Circle().fill(colour(share.party)).frame(width: 12, height: 12).accessibilityHidden(true)
                Text(wording.text(share.party.word)).frame(maxWidth: .infinity, alignment: .leading)
                Text(wording.money(share.amount))
            }
            .accessibilityElement(children: .combine)
        }
    }

    private func colour(_ party: PurchaseRow.Party) -> Color {
        switch party {
        case .developer, .creator: GameColours.developer
        case .platform: GameColours.primary
        case .processor: GameColours.action
        }
    }
}

private struct SharedReceipt: Identifiable {
    let text: String
    var id: String { text }
}

/// The system's sheet for sharing.
private struct ShareSheet: UIViewControllerRepresentable {
    let text: String

    func makeUIViewController(context: Context) -> UIActivityViewController {
        UIActivityViewController(activityItems: [text], applicationActivities: nil)
    }

    func updateUIViewController(_ controller: UIActivityViewController, context: Context) {}
}

#Preview("Settled") {
    NavigationStack { ReceiptView(row: PurchaseRow.samples[1], isRefunding: false, onRefund: {}) { nil } }
}

#Preview("A tip") {
    NavigationStack { ReceiptView(row: PurchaseRow.samples[3], isRefunding: false, onRefund: {}) { nil } }
}

#Preview("Waits, German") {
    NavigationStack { ReceiptView(row: PurchaseRow.samples[0], isRefunding: false, onRefund: {}) { nil } }
        .environment(\.locale, Locale(identifier: "de_DE"))
}
