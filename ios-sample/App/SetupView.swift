import FarthingShop
import SwiftUI

/// The first start: where the gateway is.
struct SetupView: View {
    let settings: ShopSettings
    let onOpen: @MainActor (ShopSettings) -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        EmptyRoomView(title: wording.text(.setupTitle), text: wording.text(.setupText)) {
            GatewayForm(settings: settings, onOpen: onOpen)
        }
    }
}

/// Which gateway, by which keys, and whose a new wallet is.
struct GatewayForm: View {
    @State private var entered: ShopSettings
    private let onOpen: @MainActor (ShopSettings) -> Void
    @Environment(\.wording) private var wording

    init(settings: ShopSettings, onOpen: @escaping @MainActor (ShopSettings) -> Void) {
        _entered = State(initialValue: settings)
        self.onOpen = onOpen
    }

    var body: some View {
        VStack(alignment: .leading, spacing: 8) {
            field(.setupGateway, $entered.gateway)
            field(.setupPublishableKey, $entered.publishableKey)
            field(.setupRootKey, $entered.rootKey)
            field(.setupToken, $entered.enrolmentToken)
            Text(wording.text(entered.tokenWords)).font(.footnote).foregroundStyle(.secondary)
            field(.setupStores, $entered.stores)
            Button {
                onOpen(entered)
            } label: {
                Text(wording.text(.setupOpen)).frame(maxWidth: .infinity, minHeight: 34)
            }
            .buttonStyle(.borderedProminent)
            .disabled(!entered.isComplete)
        }
    }

    private func field(_ label: ShopText, _ text: Binding<String>) -> some View {
        VStack(alignment: .leading, spacing: 2) {
            Text(wording.text(label)).font(.footnote).foregroundStyle(.secondary).accessibilityHidden(true)
            TextField("", text: text)
                .textFieldStyle(.roundedBorder)
                .keyboardType(.URL)
                .textInputAutocapitalization(.never)
                .autocorrectionDisabled()
                .accessibilityLabel(wording.text(label))
        }
    }
}

#Preview {
    SetupView(settings: ShopSettings()) { _ in }
}
