import FarthingShop
import SwiftUI

/// Packs of balance from the store.
struct PacksView: View {
    let packs: PacksModel

    var body: some View {
        PacksList(
            shelf: packs.shelf,
            waiting: packs.waiting,
            isBusy: packs.isBusy,
            onBuy: { packs.buy($0) },
            onRetry: { packs.load() }
        )
        .task { await packs.load().value }
    }
}

/// The same, by what it shows.
struct PacksList: View {
    let shelf: PackShelf
    let waiting: Int
    let isBusy: Bool
    let onBuy: @MainActor (Pack) -> Void
    let onRetry: @MainActor () -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        switch shelf {
        case .loading: LoadingView()
        case .noStore: EmptyRoomView(title: wording.text(.packsNone), text: wording.text(.packsNoneText)) {}
        case .unreachable:
            EmptyRoomView(
                title: wording.text(.packsUnreachableTitle),
                text: wording.text(.packsUnreachableText)
            ) {
                Button(wording.text(.retry), action: onRetry).buttonStyle(.borderedProminent)
            }
        case .open(let packs, let isStandIn): list(packs, isStandIn)
        }
    }

    private func list(_ packs: [Pack], _ isStandIn: Bool) -> some View {
        Form {
            if isBusy { ProgressView().accessibilityLabel(wording.text(.loading)) }
            if waiting > 0 {
                Label(wording.text(.packsWaiting, .number(waiting)), systemImage: "clock")
                    .foregroundStyle(GameColours.action)
            }
            if isStandIn { Label(wording.text(.packsStandIn), systemImage: "flag") }
            Section {
                ForEach(packs) { pack in
                    Button {
                        onBuy(pack)
                    } label: {
                        HStack {
                            Text(wording.text(pack.creditWords)).font(.headline)
                            Spacer()
                            Text(wording.text(pack.priceWords)).foregroundStyle(.secondary)
                        }
                    }
                    .accessibilityLabel(wording.text(pack.buyWords))
                    .disabled(isBusy)
                }
            } footer: {
                Text(wording.text(.packsText))
            }
        }
    }
}

#Preview("A stand-in, and one waits") {
    PacksList(
        shelf: .open(Pack.samples, isStandIn: true),
        waiting: 1,
        isBusy: false,
        onBuy: { _ in },
        onRetry: {}
    )
}

#Preview("No store, German") {
    PacksList(shelf: .noStore, waiting: 0, isBusy: false, onBuy: { _ in }, onRetry: {})
        .environment(\.locale, Locale(identifier: "de_DE"))
}
