/// One path of a picture, in one colour.
public struct PictureLayer: Hashable, Sendable {
    /// How it is painted.
    public let paint: Paint

    /// The path, as SVG writes it (SVG 2, 9.3), of absolute `M`, `L`, `C` and `Z` alone.
    let path: String

    init(_ paint: Paint, _ path: String) {
        self.paint = paint
        self.path = path
    }

    /// How a path is painted; colours are `0xRRGGBB`.
    public enum Paint: Hashable, Sendable {
        /// Inside of it. What is enclosed twice in the same direction is inside (non-zero winding).
        case fill(UInt32)
        /// Along it, with round ends and corners.
        case stroke(UInt32, width: Double)
    }

    /// A place on the square of 64 by 64; y goes down.
    public struct Point: Hashable, Sendable {
        /// From the left.
        public let x: Double
        /// From the top.
        public let y: Double
    }

    /// A step of the path.
    public enum Step: Hashable, Sendable {
        /// Begins a new part there.
        case move(Point)
        /// A straight line.
        case line(Point)
        /// A cubic Bézier curve by two control points.
        case curve(Point, Point, to: Point)
        /// Back to the begin of the part.
        case close
    }

    /// The steps of the path, up to the first that can't be read.
    public var steps: [Step] {
        var steps: [Step] = []
        for match in path.matches(of: /([MLCZ])([^MLCZ]*)/) {
            let numbers = match.output.2.split { $0 == "," || $0.isWhitespace }.compactMap { Double($0) }
            let points = stride(from: 0, to: numbers.count - 1, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) }
            switch (match.output.1, points.count) {
            case ("M", 1): steps.append(.move(points[0]))
            case ("L", 1): steps.append(.line(points[0]))
            case ("C", 3): steps.append(.curve(points[0], points[1], to: points[2]))
            case ("Z", 0): steps.append(.close)
            default: return steps
            }
        }
        return steps
    }
}
