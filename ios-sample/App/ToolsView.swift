import FarthingShop
import SwiftUI

/// The testers' drawer: how the wallet is, and bad days on order.
struct ToolsView: View {
    let tools: ToolsModel

    @State private var asksToErase = false
    @State private var changesGateway = false
    @Environment(\.wording) private var wording
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            List {
                sync
                faults
                thisApp
                gateway
            }
            .navigationTitle(wording.text(.toolsHeading))
            .toolbar {
                ToolbarItem(placement: .confirmationAction) {
                    Button(wording.text(.close)) { dismiss() }
                }
            }
            .confirmationDialog(
                wording.text(.toolsEraseQuestion),
                isPresented: $asksToErase,
                titleVisibility: .visible
            ) {
                Button(wording.text(.toolsEraseConfirm), role: .destructive) { tools.erase() }
                Button(wording.text(.cancel), role: .cancel) {}
            }
        }
    }

    private var sync: some View {
        Section(wording.text(.toolsSync)) {
            Text(wording.text(tools.syncWords))
            Text(wording.text(.toolsQueue, .number(tools.queueLength)))
            Text(wording.text(tools.deviceWords)).font(.footnote).textSelection(.enabled)
            Button(wording.text(.toolsSyncNow)) { tools.sync() }
        }
    }

    private var faults: some View {
        Section(wording.text(.toolsFaults)) {
            ForEach(Fault.allCases, id: \.self) { fault in
                Button {
                    tools.order(fault)
                } label: {
                    HStack {
                        Text(wording.text(fault.label))
                        Spacer()
                        if tools.fault == fault { Image(systemName: "checkmark").accessibilityHidden(true) }
                    }
                }
                .accessibilityAddTraits(tools.fault == fault ? .isSelected : [])
                .disabled(tools.device == nil)
            }
        }
    }

    private var thisApp: some View {
        Section(wording.text(.toolsApp)) {
            let skew = tools.settings.clockSkewHours
            Text(wording.text(tools.clockWords))
            Button(wording.text(.toolsClockBack)) { tools.skewClock(hours: skew - 24) }
            Button(wording.text(.toolsClockRight)) { tools.skewClock(hours: 0) }
            Button(wording.text(.toolsClockAhead)) { tools.skewClock(hours: skew + 24) }
            Button(wording.text(.toolsKill)) { tools.kill() }
            Button(wording.text(.toolsErase), role: .destructive) { asksToErase = true }
        }
    }

    private var gateway: some View {
        Section(wording.text(.toolsGateway)) {
            if changesGateway {
                GatewayForm(settings: tools.settings) { settings in
                    changesGateway = false
                    tools.change(settings)
                }
            } else {
                Text(tools.settings.gateway)
                Button(wording.text(.toolsChangeGateway)) { changesGateway = true }
            }
        }
    }
}
