import FarthingShop
import SwiftUI

/// The heading of a part of a screen.
struct SectionHeading: View {
    let text: ShopText
    @Environment(\.wording) private var wording

    init(_ text: ShopText) {
        self.text = text
    }

    var body: some View {
        Text(wording.text(text))
            .font(.storybook(.title2))
            .frame(maxWidth: .infinity, alignment: .leading)
            .padding(.top, 8)
            .accessibilityAddTraits(.isHeader)
    }
}

/// A moment of waiting.
struct LoadingView: View {
    @Environment(\.wording) private var wording

    var body: some View {
        ProgressView()
            .accessibilityLabel(wording.text(.loading))
            .frame(maxWidth: .infinity, maxHeight: .infinity)
            .background(GameColours.background)
    }
}

/// What a screen shows that has nothing to show yet: a picture, why, and what to do.
struct EmptyRoomView<Action: View>: View {
    let title: String
    let text: String
    @ViewBuilder let action: Action

    var body: some View {
        ScrollView {
            VStack(spacing: 12) {
                ItemPicture(.unknown, size: 120)
                Text(title)
                    .font(.storybook(.title))
                    .accessibilityAddTraits(.isHeader)
                Text(text)
                    .foregroundStyle(.secondary)
                action
            }
            .multilineTextAlignment(.center)
            .frame(maxWidth: 420)
            .padding(.horizontal, 32)
            .padding(.vertical, 48)
            .frame(maxWidth: .infinity)
        }
        .background(GameColours.background)
    }
}

/// The shop when there is nothing to show: why, and what to do.
struct ClosedShopView: View {
    let why: Notice
    var action: ShopText?
    var onAction: @MainActor () -> Void = {}
    @Environment(\.wording) private var wording

    var body: some View {
        EmptyRoomView(title: wording.text(.unreachableTitle), text: wording.text(why)) {
            if let action {
                Button(wording.text(action), action: onAction).buttonStyle(.borderedProminent)
            }
        }
    }
}

/// A short word with a sign, in a colour of its own.
struct Chip: View {
    let text: String
    let symbol: String
    let container: Color
    let content: Color

    var body: some View {
        Label(text, systemImage: symbol)
            .labelStyle(.titleAndIcon)
            .font(.caption.weight(.medium))
            .padding(.horizontal, 10)
            .padding(.vertical, 4)
            .foregroundStyle(content)
            .background(container, in: Capsule())
    }
}

/// A sentence of the notice board, for a moment.
struct NoticeView: View {
    let board: NoticeBoard
    @Environment(\.wording) private var wording

    var body: some View {
        if let posted = board.current {
            Button {
                board.takeDown(posted.id)
            } label: {
                Label(
                    wording.text(posted.notice),
                    systemImage: posted.notice.isProblem ? "exclamationmark.triangle" : "checkmark.circle"
                )
                .frame(maxWidth: .infinity, alignment: .leading)
                .multilineTextAlignment(.leading)
                .padding()
                .background(.regularMaterial, in: RoundedRectangle(cornerRadius: 14, style: .continuous))
            }
            .buttonStyle(.plain)
            .padding(.horizontal)
            .padding(.bottom, 60)
            .transition(.opacity)
            .task(id: posted.id) {
                AccessibilityNotification.Announcement(wording.text(posted.notice)).post()
                try? await Task.sleep(for: .seconds(4))
                if !Task.isCancelled { board.takeDown(posted.id) }
            }
        }
    }
}

#Preview("Closed") {
    ClosedShopView(why: Notice(.errorOffline), action: .retry)
}

#Preview("Closed, German") {
    ClosedShopView(why: Notice(.errorKeyLost), action: .openTools)
        .environment(\.locale, Locale(identifier: "de_DE"))
}
