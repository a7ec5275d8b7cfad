import FarthingShop
import SwiftUI

/// Where a card is typed. What was typed is kept in memory only, and is gone with the screen: it is a PAN.
struct CardForm: View {
    let wrongField: CardField?
    let isBusy: Bool
    let onTyping: @MainActor () -> Void
    let onAdd: @MainActor (CardEntry) async -> Bool

    @State private var entry = CardEntry()
    @Environment(\.wording) private var wording

    var body: some View {
        VStack(spacing: 8) {
            SectionHeading(.addCardHeading)
            field(.number).textContentType(.creditCardNumber)
            ViewThatFits(in: .horizontal) {
                HStack(alignment: .top) { short }
                VStack { short }
            }
            Button {
                Task { if await onAdd(entry) { entry = CardEntry() } }
            } label: {
                Text(wording.text(.addCard)).frame(maxWidth: .infinity, minHeight: 34)
            }
            .buttonStyle(.borderedProminent)
            .disabled(isBusy)
        }
        .privacySensitive()
    }

    @ViewBuilder private var short: some View {
        field(.month).textContentType(.creditCardExpirationMonth)
        field(.year).textContentType(.creditCardExpirationYear)
        field(.cvc).textContentType(.creditCardSecurityCode)
    }

    private func field(_ field: CardField) -> some View {
        let isWrong = wrongField == field
        let text = Binding {
            entry[field]
        } set: { typed in
            onTyping()
            entry[field] = typed
        }
        return VStack(alignment: .leading, spacing: 4) {
            TextField(wording.text(field.label), text: text)
                .textFieldStyle(.roundedBorder)
                .keyboardType(field == .number ? .numbersAndPunctuation : .numberPad)
                .autocorrectionDisabled()
                .accessibilityLabel(wording.text(field.label))
            if isWrong {
                Label(wording.text(field.wrong), systemImage: "exclamationmark.circle")
                    .font(.footnote)
                    .foregroundStyle(.red)
            }
        }
        .frame(minWidth: 90)
    }
}

#Preview("New card") {
    CardForm(wrongField: nil, isBusy: false, onTyping: {}, onAdd: { _ in true }).padding()
}

#Preview("A digit is missing") {
    CardForm(wrongField: .number, isBusy: false, onTyping: {}, onAdd: { _ in false }).padding()
}
