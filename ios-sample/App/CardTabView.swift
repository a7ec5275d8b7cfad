import Farthing
import FarthingShop
import SwiftUI

/// The player's tab: what is owed, and how to pay it.
struct CardTabView: View {
    let tab: TabModel

    var body: some View {
        CardTabForm(
            current: tab.current,
            canOpen: tab.canOpen,
            isBusy: tab.isBusy,
            onOpen: { tab.open($0) },
            onClose: { tab.close() },
            onConfirmed: { tab.confirmed() }
        )
    }
}

/// The same, by what it shows.
struct CardTabForm: View {
    let current: TabRow?
    let canOpen: Bool
    let isBusy: Bool
    let onOpen: @MainActor (Money) -> Void
    let onClose: @MainActor () -> Void
    let onConfirmed: @MainActor () -> Void

    @Environment(\.wording) private var wording
    @Environment(\.openURL) private var openURL

    var body: some View {
        Form {
            if isBusy { ProgressView().accessibilityLabel(wording.text(.loading)) }
            if let current {
                Section { state(current) }
            } else {
                Section {
                    ForEach(TabModel.limits, id: \.micros) { limit in
                        Button(wording.text(.cardTabOpen, .money(limit))) { onOpen(limit) }.disabled(!canOpen)
                    }
                } footer: {
                    Text(wording.text(canOpen ? .cardTabText : .cardsEmptyText))
                }
            }
        }
    }

    @ViewBuilder private func state(_ tab: TabRow) -> some View {
        Label(wording.text(tab.words), systemImage: tab.isDue ? "exclamationmark.triangle" : "list.bullet")
            .foregroundStyle(tab.isDue ? Color.red : GameColours.action)
        if let page = tab.bankPage {
            Button(wording.text(.openBankPage)) { openURL(page) }
            Button(wording.text(.confirmed), action: onConfirmed)
        }
        if tab.canBeClosed {
            Button(wording.text(.cardTabClose, .money(tab.owed)), action: onClose).disabled(isBusy)
        }
    }
}

#Preview("Open") {
    CardTabForm(current: .sample, canOpen: false, isBusy: false, onOpen: { _ in }, onClose: {}, onConfirmed: {})
}

#Preview("Due, German") {
    CardTabForm(current: .due, canOpen: false, isBusy: false, onOpen: { _ in }, onClose: {}, onConfirmed: {})
        .environment(\.locale, Locale(identifier: "de_DE"))
}

#Preview("None yet") {
    CardTabForm(current: nil, canOpen: true, isBusy: false, onOpen: { _ in }, onClose: {}, onConfirmed: {})
}
