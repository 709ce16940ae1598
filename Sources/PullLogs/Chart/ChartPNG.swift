extension PullChart {
    /// The chart on a light background, twice as large as on a small screen, so that it stays sharp.
    package var png: [UInt8] {
        let drawing = drawing
        var raster = Raster(width: Int(drawing.width) * Raster.scale, height: Int(drawing.height) * Raster.scale)
        for shape in drawing.shapes { raster.draw(shape) }
        return PNGFile.bytes(raster, palette: ChartDrawing.Role.allCases.map(\.light))
    }
}

/// Pixels, each the position of its colour in the list of roles.
struct Raster {
    static let scale = 2

    let width: Int
    let height: Int
    private(set) var pixels: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 0, count: width * height)
    }

    mutating func draw(_ shape: ChartDrawing.Shape) {
        switch shape {
        case .rectangle(let x, let y, let width, let height, let role, _):
            fill(x: Self.pixel(x)..<Self.pixel(x + width), y: Self.pixel(y)..<Self.pixel(y + height), role)
        case .text(let text, let x, let y, let role, let anchor, let isBold):
            draw(text, x: Self.pixel(x), y: Self.pixel(y), role, anchor, isBold: isBold)
        }
    }

    private static func pixel(_ length: Double) -> Int { Int((length * Double(scale)).rounded()) }

    private mutating func fill(x: Range<Int>, y: Range<Int>, _ role: ChartDrawing.Role) {
        let colour = UInt8(ChartDrawing.Role.allCases.firstIndex(of: role) ?? 0)
        for row in y.clamped(to: 0..<height) {
            for column in x.clamped(to: 0..<width) { pixels[row * width + column] = colour }
        }
    }

    /// - Parameter y: the base line.
    private mutating func draw(
        _ text: String, x: Int, y: Int, _ role: ChartDrawing.Role, _ anchor: ChartDrawing.Anchor, isBold: Bool
    ) {
        let dot = Self.scale
        let advance = (BitmapFont.width + 1) * dot
        let length = text.unicodeScalars.count * advance
        var left = anchor == .start ? x : anchor == .middle ? x - length / 2 : x - length
        // A label at the edge is moved in rather than cut.
        left = max(0, min(left, width - length))
        for scalar in text.unicodeScalars {
            for (row, bits) in BitmapFont.rows(of: scalar).enumerated() {
                for column in 0..<BitmapFont.width where bits >> (BitmapFont.width - 1 - column) & 1 == 1 {
                    let from = left + column * dot
                    let top = y - (BitmapFont.ascent - row) * dot
                    fill(x: from..<from + dot + (isBold ? 1 : 0), y: top..<top + dot, role)
                }
            }
            left += advance
        }
    }
}
