import Farthing
import FarthingShop
import SwiftUI

/// Cards in the vault, topping up, and a new card.
struct CardsView: View {
    let cards: CardsModel

    @Environment(\.wording) private var wording

    var body: some View {
        ScrollView {
            VStack(spacing: 12) {
                if cards.isBusy { ProgressView().accessibilityLabel(wording.text(.loading)) }
                if let topUp = cards.openTopUp {
                    TopUpBanner(topUp: topUp) { cards.confirmed() }
                }
                if cards.cards.isEmpty {
                    empty
                } else {
                    SectionHeading(.topUpHeading)
                    AmountsView(amounts: cards.amounts, fees: cards.feeWords, isEnabled: cards.canTopUp) {
                        cards.topUp($0)
                    }
                    SectionHeading(.cardsHeading)
                    ForEach(cards.cards) { card in
                        CardLine(
                            card: card,
                            isChosen: card == cards.chosenCard,
                            onChoose: { cards.choose(card.id) },
                            onRemove: { cards.remove(card.id) }
                        )
                    }
                }
                CardForm(
                    wrongField: cards.wrongField,
                    isBusy: cards.isBusy,
                    onTyping: { cards.typing() },
                    onAdd: { await cards.add($0).value }
                )
            }
            .padding()
        }
        .background(GameColours.background)
    }

    private var empty: some View {
        VStack(spacing: 12) {
            ItemPicture(.unknown, size: 120)
            Text(wording.text(.cardsEmpty)).font(.storybook(.title)).accessibilityAddTraits(.isHeader)
            Text(wording.text(.cardsEmptyText)).foregroundStyle(.secondary)
        }
        .multilineTextAlignment(.center)
        .padding(.vertical, 24)
    }
}

/// What a player may top up by one tap, and what fees take of it.
struct AmountsView: View {
    let amounts: [Money]
    let fees: Notice?
    let isEnabled: Bool
    let onTopUp: @MainActor (Money) -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        VStack(alignment: .leading, spacing: 8) {
            ViewThatFits(in: .horizontal) {
                HStack { buttons }
                VStack(alignment: .leading) { buttons }
            }
            .disabled(!isEnabled)
            if let fees { Text(wording.text(fees)).font(.footnote).foregroundStyle(.secondary) }
        }
        .frame(maxWidth: .infinity, alignment: .leading)
    }

    @ViewBuilder private var buttons: some View {
        ForEach(amounts, id: \.micros) { amount in
            Button(wording.money(amount)) { onTopUp(amount) }
                .buttonStyle(.bordered)
                .buttonBorderShape(.capsule)
                .accessibilityLabel(wording.text(.topUpAmount, .money(amount)))
        }
    }
}

/// A card in the vault.
struct CardLine: View {
    let card: CardRow
    let isChosen: Bool
    let onChoose: @MainActor () -> Void
    let onRemove: @MainActor () -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        HStack(spacing: 12) {
            Button(action: onChoose) {
                HStack(spacing: 12) {
                    Image(systemName: isChosen ? "largecircle.fill.circle" : "circle")
                        .foregroundStyle(GameColours.primary)
                        .accessibilityHidden(true)
                    VStack(alignment: .leading) {
                        Text(wording.text(card.words)).font(.headline)
                        Text(wording.text(card.expiry)).font(.subheadline).foregroundStyle(.secondary)
                    }
                    .frame(maxWidth: .infinity, alignment: .leading)
                }
                .contentShape(Rectangle())
            }
            .buttonStyle(.plain)
            .accessibilityAddTraits(isChosen ? .isSelected : [])
            Button(role: .destructive, action: onRemove) {
                Image(systemName: "trash")
            }
            .accessibilityLabel(wording.text(.removeCardNamed, .text(card.lastFour)))
        }
        .padding(12)
        .background(GameColours.card, in: RoundedRectangle(cornerRadius: 18, style: .continuous))
    }
}

/// A top-up that goes on: the bank asks the player (3-D Secure), or there is nothing to do but wait.
struct TopUpBanner: View {
    let topUp: OpenTopUp
    let onConfirmed: @MainActor () -> Void

    @Environment(\.wording) private var wording
    @Environment(\.openURL) private var openURL

    var body: some View {
        VStack(alignment: .leading, spacing: 12) {
            Label(wording.text(topUp.words), systemImage: topUp.bankPage == nil ? "clock" : "building.columns")
            if let page = topUp.bankPage {
                ViewThatFits(in: .horizontal) {
                    HStack { buttons(page) }
                    VStack(alignment: .leading) { buttons(page) }
                }
            }
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .padding()
        .foregroundStyle(GameColours.onBanner)
        .background(GameColours.banner, in: RoundedRectangle(cornerRadius: 18, style: .continuous))
    }

    @ViewBuilder private func buttons(_ page: URL) -> some View {
        Button(wording.text(.openBankPage)) { openURL(page) }.buttonStyle(.borderedProminent)
        Button(wording.text(.confirmed), action: onConfirmed).buttonStyle(.bordered)
    }
}

#Preview("A card, and the bank asks") {
    ScrollView {
        VStack {
            TopUpBanner(topUp: .sample, onConfirmed: {})
            AmountsView(amounts: CardsModel.firstAmounts, fees: .sampleFees, isEnabled: false) { _ in }
            CardLine(card: .sample, isChosen: true, onChoose: {}, onRemove: {})
        }
        .padding()
    }
}
