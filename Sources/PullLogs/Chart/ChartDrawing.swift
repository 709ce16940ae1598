/// A picture as a list of shapes, which SVG and PNG draw alike. Units are pixels of a small screen, y goes down.
struct ChartDrawing {
    /// What a shape is for; its colour follows.
    enum Role: String, CaseIterable {
        case background, text, faint, grid, bar, over, window

        /// On a light background.
        var light: UInt32 {
            switch self {
            case .background: 0xFFFFFF
            case .text: 0x1F2328
            case .faint: 0x59636E
            case .grid: 0xD1D9E0
            case .bar: 0x2F6FBB
            case .over: 0xC4432B
            case .window: 0xFFF0C2
            }
        }

        /// On a dark background.
        var dark: UInt32 {
            switch self {
            case .background: 0x0D1117
            case .text: 0xE6EDF3
            case .faint: 0x9198A1
            case .grid: 0x30363D
            case .bar: 0x5AA2F0
            case .over: 0xF27059
            case .window: 0x3D3213
            }
        }
    }

    enum Anchor: String { case start, middle, end }

    enum Shape {
        /// - Parameter title: what pointing at it says.
        case rectangle(x: Double, y: Double, width: Double, height: Double, Role, title: String? = nil)
        /// `y` is the base line.
        case text(String, x: Double, y: Double, Role, Anchor = .start, isBold: Bool = false)
    }

    var width: Double
    var height: Double
    /// Drawn in this order.
    var shapes: [Shape] = []
}
