import Farthing
import FarthingShop
import SwiftUI

/// Automatic top-ups: what the player agrees to, and how it stands.
struct AutoTopUpView: View {
    let autoTopUp: AutoTopUpModel

    var body: some View {
        AutoTopUpForm(
            consent: autoTopUp.consent,
            card: autoTopUp.card,
            isBusy: autoTopUp.isBusy,
            onAgree: { autoTopUp.agree($0) },
            onStop: { autoTopUp.stop() }
        )
    }
}

/// The same, by what it shows.
struct AutoTopUpForm: View {
    let consent: AutoTopUpRow?
    let card: CardRow?
    let isBusy: Bool
    let onAgree: @MainActor (AutoTopUpOffer) -> Void
    let onStop: @MainActor () -> Void

    @State private var offer = AutoTopUpModel.firstOffer
    @Environment(\.wording) private var wording

    var body: some View {
        Form {
            if let consent {
                Section {
                    ForEach(consent.lines, id: \.self) { line in
                        Text(wording.text(line)).foregroundStyle(line.isProblem ? Color.red : Color.primary)
                    }
                    Button(wording.text(.autoTopUpStop), role: .destructive, action: onStop).disabled(isBusy)
                }
            } else {
                Text(wording.text(.autoTopUpOff))
            }
            if consent == nil || consent?.pause != nil { agreement }
        }
        .onAppear { if let consent { offer = consent.offer } }
    }

    private var agreement: some View {
        Section {
            picker(.autoTopUpBelow, AutoTopUpModel.belows, $offer.below)
            picker(.autoTopUpAmount, AutoTopUpModel.amounts, $offer.amount)
            picker(.autoTopUpCap, AutoTopUpModel.caps, $offer.monthlyCap)
            if let card {
                // All that it means, right above the button.
                Text(wording.text(offer.consentWords(card)))
                Button(wording.text(.autoTopUpAgree)) { onAgree(offer) }.disabled(isBusy)
            } else {
                Text(wording.text(.cardsEmptyText)).foregroundStyle(.secondary)
            }
        }
    }

    private func picker(_ label: ShopText, _ amounts: [Money], _ chosen: Binding<Money>) -> some View {
        // What was agreed to elsewhere may be none of these.
        let shown = amounts.contains(chosen.wrappedValue) ? amounts : [chosen.wrappedValue] + amounts
        return Picker(wording.text(label), selection: chosen) {
            ForEach(shown, id: \.self) { Text(wording.money($0)).tag($0) }
        }
    }
}

#Preview("Off") {
    AutoTopUpForm(consent: nil, card: .sample, isBusy: false, onAgree: { _ in }, onStop: {})
}

#Preview("On, German") {
    AutoTopUpForm(consent: .sample, card: .sample, isBusy: false, onAgree: { _ in }, onStop: {})
        .environment(\.locale, Locale(identifier: "de_DE"))
}
