import Farthing
import FarthingShop
import SwiftUI

/// What the player has: in all, without a connection, and what still waits for the gateway.
struct PurseView: View {
    let purse: Purse
    let onTopUp: @MainActor () -> Void

    @Environment(\.wording) private var wording

    var body: some View {
        VStack(alignment: .leading, spacing: 12) {
            Text(wording.text(.purseHeading))
                .font(.headline)
                .foregroundStyle(GameColours.onPurse.opacity(0.86))
                .accessibilityAddTraits(.isHeader)
            ForEach(purse.lines) { line in
                if line.id != purse.lines.first?.id {
                    Divider().overlay(GameColours.onPurse.opacity(0.2))
                }
                currency(line)
            }
            ForEach(purse.tabs) { tab in
                Label(wording.text(tab.words), systemImage: tab.isDue ? "exclamationmark.triangle" : "list.bullet")
                    .font(.subheadline)
                    .foregroundStyle(GameColours.ember)
            }
            foot
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .padding(20)
        .background {
            LinearGradient(
                colors: [GameColours.purseTop, GameColours.purseBottom],
                startPoint: .top,
                endPoint: .bottom
            )
            .overlay { Cave().flipsForRightToLeftLayoutDirection(true).accessibilityHidden(true) }
        }
        .clipShape(RoundedRectangle(cornerRadius: 26, style: .continuous))
    }

    private func currency(_ line: PurseLine) -> some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(wording.money(line.total))
                .font(.storybook(.largeTitle))
                .foregroundStyle(GameColours.onPurse)
            ViewThatFits(in: .horizontal) {
                HStack(spacing: 16) { details(line) }
                VStack(alignment: .leading) { details(line) }
            }
            .font(.subheadline)
        }
        .accessibilityElement(children: .combine)
    }

    @ViewBuilder private func details(_ line: PurseLine) -> some View {
        Text(wording.text(line.offlineWords)).foregroundStyle(GameColours.onPurse.opacity(0.86))
        if let pending = line.pendingWords {
            Text(wording.text(pending)).foregroundStyle(GameColours.ember)
        }
    }

    private var foot: some View {
        ViewThatFits(in: .horizontal) {
            HStack {
                state
                Spacer()
                topUp
            }
            VStack(alignment: .leading) {
                state
                topUp
            }
        }
    }

    private var state: some View {
        Label(wording.text(purse.foot), systemImage: purse.waiting == 0 ? "checkmark" : "clock")
            .font(.subheadline.weight(.medium))
            .foregroundStyle(GameColours.onPurse)
    }

    private var topUp: some View {
        Button(action: onTopUp) {
            Label(wording.text(.topUp), systemImage: "plus").foregroundStyle(GameColours.onEmber)
        }
        .buttonStyle(.borderedProminent)
        .buttonBorderShape(.capsule)
        .tint(GameColours.ember)
    }
}

/// Rocks at the far end of a cave, and sparks that rise from it.
private struct Cave: View {
    private static let rocks: [(across: CGFloat, down: CGFloat)] = [
        (0.46, 0), (0.52, 0.14), (0.57, 0.05), (0.64, 0.30), (0.69, 0.12), (0.77, 0.22), (0.83, 0.46), (0.90, 0.18),
        (1, 0.34), (1, 0),
    ]
    private static let sparks: [(across: CGFloat, down: CGFloat, radius: CGFloat)] = [
        (0.70, 0.52, 1.6), (0.79, 0.62, 2.4), (0.86, 0.56, 1.2), (0.91, 0.70, 1.8),
    ]

    var body: some View {
        Canvas { context, size in
            var rocks = Path()
            rocks.addLines(Self.rocks.map { CGPoint(x: size.width * $0.across, y: size.height * $0.down) })
            rocks.closeSubpath()
            context.fill(rocks, with: .color(GameColours.purseBottom.opacity(0.55)))
            for spark in Self.sparks {
                let centre = CGPoint(x: size.width * spark.across, y: size.height * spark.down)
                let ember = GameColours.ember
                context.fill(circle(centre, spark.radius * 3), with: .color(ember.opacity(0.16)))
                context.fill(circle(centre, spark.radius), with: .color(ember))
            }
        }
    }

    private func circle(_ centre: CGPoint, _ radius: CGFloat) -> Path {
        Path(ellipseIn: CGRect(x: centre.x - radius, y: centre.y - radius, width: radius * 2, height: radius * 2))
    }
}

#Preview("Offline") {
    PurseView(purse: .sample, onTopUp: {}).padding()
}
