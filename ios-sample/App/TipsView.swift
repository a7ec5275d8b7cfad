import Farthing
import FarthingShop
import SwiftUI

/// Who can be tipped, how much, and what is said with it.
struct TipsView: View {
    let creators: [CreatorRow]
    let onTip: @MainActor (CreatorRow.ID, Money, String) -> Void

    @State private var message = ""
    @Environment(\.wording) private var wording

    var body: some View {
        if creators.isEmpty {
            EmptyRoomView(title: wording.text(.tipsEmpty), text: wording.text(.tipsEmptyText)) {}
        } else {
            Form {
                Section {
                    TextField(wording.text(.tipMessage), text: $message)
                        .accessibilityLabel(wording.text(.tipMessage))
                        .onChange(of: message) { _, typed in message = String(typed.prefix(TipsModel.messageMax)) }
                } footer: {
                    Text(wording.text(.tipsText))
                }
                ForEach(creators) { creator in
                    Section(creator.name) { amounts(creator) }
                }
            }
        }
    }

    private func amounts(_ creator: CreatorRow) -> some View {
        ViewThatFits(in: .horizontal) {
            HStack { buttons(creator) }
            VStack(alignment: .leading) { buttons(creator) }
        }
        .disabled(creator.isBeingTipped)
    }

    @ViewBuilder private func buttons(_ creator: CreatorRow) -> some View {
        ForEach(TipsModel.amounts, id: \.micros) { amount in
            Button(wording.money(amount)) {
                onTip(creator.id, amount, message)
                message = ""
            }
            .buttonStyle(.bordered)
            .buttonBorderShape(.capsule)
            .accessibilityLabel(wording.text(.tipNamed, .text(creator.name), .money(amount)))
        }
    }
}

#Preview("Two creators") {
    TipsView(creators: CreatorRow.samples) { _, _, _ in }
}

#Preview("Nobody, German") {
    TipsView(creators: []) { _, _, _ in }.environment(\.locale, Locale(identifier: "de_DE"))
}
