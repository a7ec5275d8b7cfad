import Farthing
import FarthingShop
import SwiftUI

/// What limits the player's spending, and what a guardian was asked.
struct LimitsView: View {
    let limits: LimitsModel

    var body: some View {
        LimitsForm(
            screen: limits.screen,
            approvals: limits.approvals,
            isBusy: limits.isBusy,
            onSet: { await limits.set($0, to: $1, pin: $2).value },
            onAnswer: { limits.answer($0, approve: $1, pin: $2) }
        )
        .task { _ = await limits.load().value }
        .refreshable { _ = await limits.load().value }
    }
}

/// The same, by what it shows.
struct LimitsForm: View {
    let screen: LimitsScreen?
    let approvals: [ApprovalRow]
    let isBusy: Bool
    let onSet: @MainActor (LimitField, Money?, String) async -> Bool
    let onAnswer: @MainActor (ApprovalRow.ID, Bool, String) -> Void

    @State private var field = LimitField.day
    @State private var amount = ""
    /// The guardian's, for as long as this is on the screen.
    @State private var pin = ""
    @State private var isWrong = false
    @Environment(\.wording) private var wording

    var body: some View {
        Form {
            if isBusy { ProgressView().accessibilityLabel(wording.text(.loading)) }
            if let screen { known(screen) }
            change
            if !approvals.isEmpty { asked }
        }
    }

    private func known(_ screen: LimitsScreen) -> some View {
        Section {
            if screen.rows.isEmpty { Text(wording.text(.limitsNone)) }
            ForEach(screen.rows) { row in
                VStack(alignment: .leading) {
                    Text(wording.text(row.field.label)).font(.headline)
                    ForEach(row.lines, id: \.self) { Text(wording.text($0)).font(.subheadline) }
                }
                .accessibilityElement(children: .combine)
            }
            ForEach(screen.pending, id: \.self) { Label(wording.text($0), systemImage: "clock") }
            if screen.hasGuardian { Label(wording.text(.limitsGuarded), systemImage: "lock") }
        }
    }

    private var change: some View {
        Section {
            Picker(wording.text(.limitField), selection: $field) {
                ForEach(LimitField.allCases) { Text(wording.text($0.label)).tag($0) }
            }
            TextField(wording.text(.limitAmount), text: $amount)
                .keyboardType(.decimalPad)
                .accessibilityLabel(wording.text(.limitAmount))
            if isWrong { Text(wording.text(.limitAmountWrong)).font(.footnote).foregroundStyle(.red) }
            SecureField(wording.text(.guardianPin), text: $pin)
                .keyboardType(.numberPad)
                .accessibilityLabel(wording.text(.guardianPin))
            Button(wording.text(.limitSet)) { Task { await set() } }.disabled(isBusy)
        } footer: {
            Text("\(wording.text(.limitsText)) \(wording.text(.limitsPinText))")
        }
        .privacySensitive()
    }

    private var asked: some View {
        Section(wording.text(.approvalsHeading)) {
            ForEach(approvals) { row in
                VStack(alignment: .leading, spacing: 6) {
                    Text(wording.text(row.heading)).font(.headline)
                    Text("\(wording.money(row.total)) · \(wording.text(row.word))").font(.subheadline)
                    if row.state == .pending { answers(row) }
                }
            }
        }
    }

    private func answers(_ row: ApprovalRow) -> some View {
        HStack {
            Button(wording.text(.approve)) { onAnswer(row.id, true, pin) }
                .accessibilityLabel(wording.text(.approveNamed, .notice(row.heading), .money(row.total)))
            Button(wording.text(.decline), role: .destructive) { onAnswer(row.id, false, pin) }
                .accessibilityLabel(wording.text(.declineNamed, .notice(row.heading), .money(row.total)))
        }
        .buttonStyle(.bordered)
        .disabled(isBusy || pin.isEmpty)
    }

    private func set() async {
        // With a point or a comma, as the player's keyboard has it.
        let typed = amount.trimmingCharacters(in: .whitespaces).replacing(",", with: ".")
        let limit = try? Money(typed, "USD")
        isWrong = limit == nil && !typed.isEmpty
        guard !isWrong, await onSet(field, limit, pin) else { return }
        amount = ""
    }
}

#Preview("Guarded") {
    LimitsForm(
        screen: .sample,
        approvals: ApprovalRow.samples,
        isBusy: false,
        onSet: { _, _, _ in true },
        onAnswer: { _, _, _ in }
    )
}

#Preview("Nothing, German") {
    LimitsForm(
        screen: LimitsScreen(rows: []),
        approvals: [],
        isBusy: false,
        onSet: { _, _, _ in true },
        onAnswer: { _, _, _ in }
    )
    .environment(\.locale, Locale(identifier: "de_DE"))
}
