import FarthingShop
import SwiftUI

/// An item's picture on its plate. It says nothing to VoiceOver: the title beside it does.
struct ItemPicture: View {
    let look: ItemLook

    /// Grows with the letters.
    @ScaledMetric private var size: CGFloat

    init(_ look: ItemLook, size: CGFloat) {
        self.look = look
        _size = ScaledMetric(wrappedValue: size, relativeTo: .body)
    }

    var body: some View {
        Canvas { context, area in
            let scale = min(area.width, area.height) * 0.72 / 64
            context.translateBy(x: (area.width - 64 * scale) / 2, y: (area.height - 64 * scale) / 2)
            context.scaleBy(x: scale, y: scale)
            for layer in look.picture {
                switch layer.paint {
                case .fill(let colour): context.fill(Path(layer), with: .color(Color(rgb: colour)))
                case .stroke(let colour, let width):
                    let style = StrokeStyle(lineWidth: width, lineCap: .round, lineJoin: .round)
                    context.stroke(Path(layer), with: .color(Color(rgb: colour)), style: style)
                }
            }
        }
        .frame(width: size, height: size)
        .background {
            RoundedRectangle(cornerRadius: size / 5, style: .continuous)
                .fill(
                    RadialGradient(
                        colors: [GameColours.itemGlow, GameColours.itemPlate],
                        center: .center,
                        startRadius: 0,
                        endRadius: size / 2
                    )
                )
        }
        .accessibilityHidden(true)
    }
}

extension Path {
    /// A layer of a picture.
    init(_ layer: PictureLayer) {
        self.init()
        for step in layer.steps {
            switch step {
            case .move(let point): move(to: CGPoint(point))
            case .line(let point): addLine(to: CGPoint(point))
            case .curve(let one, let other, let point):
                addCurve(to: CGPoint(point), control1: CGPoint(one), control2: CGPoint(other))
            case .close: closeSubpath()
            }
        }
    }
}

extension CGPoint {
    fileprivate init(_ point: PictureLayer.Point) {
        self.init(x: point.x, y: point.y)
    }
}

#Preview {
    ScrollView {
        LazyVGrid(columns: [GridItem(.adaptive(minimum: 100))]) {
            ForEach(ItemLook.allCases, id: \.self) { ItemPicture($0, size: 92) }
        }
        .padding()
    }
}
