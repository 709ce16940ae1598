// SPDX-License-Identifier: Apache-2.0

/// A picture as a list of shapes. Heights are pixels of a small screen; y increases downwards. Horizontal positions count in
/// units of the picture's width: pixels in a file, shares of whatever room there is in a page.
package struct ChartDrawing: Sendable {
    /// The purpose of a shape. It decides the colour.
    package enum Role: String, CaseIterable, Sendable {
        case background, text, faint, grid, bar, other, over, window, mounted, present

        /// The colour on a light background.
        package var light: UInt32 {
            switch self {
            case .background: 0xFFFFFF
            case .text: 0x1F2328
            case .faint: 0x59636E
            case .grid: 0xD1D9E0
            case .bar: 0x2F6FBB
            case .other: 0x8250DF
            case .over: 0xC4432B
            case .window: 0xFFF0C2
            case .mounted: 0x2DA44E
            case .present: 0xAFB8C1
            }
        }

        /// The colour on a dark background.
        package var dark: UInt32 {
            switch self {
            case .background: 0x0D1117
            case .text: 0xE6EDF3
            case .faint: 0x9198A1
            case .grid: 0x30363D
            case .bar: 0x5AA2F0
            case .other: 0xB78AF7
            case .over: 0xF27059
            case .window: 0x3D3213
            case .mounted: 0x57C176
            case .present: 0x656C76
            }
        }
    }

    package enum Anchor: String, Sendable { case start, middle, end }

    package enum Shape: Sendable {
        /// - Parameter title: the text that is shown when the pointer is on the shape.
        case rectangle(x: Double, y: Double, width: Double, height: Double, Role, title: String? = nil)
        /// A line or a sign whose width is always the same number of pixels. It begins at x, and ends there if it is at
        /// the right end of the picture.
        case mark(x: Double, y: Double, pixels: Double, height: Double, Role, title: String? = nil)
        /// `y` is the base line.
        ///
        /// - Parameters:
        ///   - indent: pixels between x and the text.
        ///   - note: fainter words behind the text.
        ///   - brief: what a page shows in its place where there is little room; nil: the text itself.
        case text(
            String, x: Double, y: Double, Role, Anchor = .start, isBold: Bool = false, indent: Double = 0,
            note: String? = nil, brief: String? = nil)
    }

    package var width: Double
    package var height: Double
    /// The shapes, in the order in which they are drawn.
    package var shapes: [Shape] = []

    package init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }
}
