import Testing

@testable import FarthingShop

/// The pictures can be drawn: each path is read to its end, and stays on its square.
@Suite struct PictureTests {
    @Test(arguments: ItemLook.allCases)
    func eachPictureIsReadWholeAndStaysOnItsSquare(look: ItemLook) {
        #expect(look.picture.count >= 4)
        for layer in look.picture {
            let steps = layer.steps
            #expect(steps.count == layer.path.filter { "MLCZ".contains($0) }.count)
            guard case .move? = steps.first else {
                Issue.record("\(layer.path) begins nowhere")
                continue
            }
            for step in steps {
                let points =
                    switch step {
                    case .move(let point), .line(let point): [point]
                    case .curve(let one, let other, to: let point): [one, other, point]
                    case .close: [PictureLayer.Point]()
                    }
                #expect(points.allSatisfy { (0...64).contains($0.x) && (0...64).contains($0.y) })
            }
        }
    }

    @Test func whatCantBeReadEndsThePath() {
        #expect(PictureLayer(.fill(0), "M1,2 L3 Z").steps == [.move(PictureLayer.Point(x: 1, y: 2))])
    }
}
