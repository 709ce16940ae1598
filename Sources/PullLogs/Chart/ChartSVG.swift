extension PullChart {
    /// One file that needs no other, with colours that follow the reader's light or dark setting.
    package var svg: String {
        let drawing = drawing
        let size = "\(drawing.width.short) \(drawing.height.short)"
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\" width=\"\(drawing.width.short)\" "
            + "height=\"\(drawing.height.short)\" role=\"img\" aria-label=\"Image pulls by registry over time\" "
            + "font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
            + "<style>\n\(Self.style)</style>\n"
            + drawing.shapes.map { $0.svg + "\n" }.joined() + "</svg>\n"
    }

    private static var style: String {
        let rules = { (colour: (ChartDrawing.Role) -> UInt32) in
            ChartDrawing.Role.allCases.map { ".\($0.rawValue){fill:\(colour($0).hexColour)}\n" }.joined()
        }
        return rules(\.light) + "@media (prefers-color-scheme: dark) {\n" + rules(\.dark) + "}\n"
    }
}

extension ChartDrawing.Shape {
    fileprivate var svg: String {
        switch self {
        case .rectangle(let x, let y, let width, let height, let role, let title):
            let start =
                "<rect class=\"\(role.rawValue)\" x=\"\(x.short)\" y=\"\(y.short)\" width=\"\(width.short)\" "
                + "height=\"\(height.short)\""
            return start + (title.map { "><title>\($0.escapedForXML)</title></rect>" } ?? "/>")
        case .text(let text, let x, let y, let role, let anchor, let isBold):
            return "<text class=\"\(role.rawValue)\" x=\"\(x.short)\" y=\"\(y.short)\""
                + (anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\"")
                + (isBold ? " font-weight=\"600\"" : "") + ">\(text.escapedForXML)</text>"
        }
    }
}

extension String {
    var escapedForXML: String {
        reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            default: text.append(character)
            }
        }
    }
}

extension UInt32 {
    fileprivate var hexColour: String {
        let digits = String(self, radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }
}

extension Double {
    /// Two decimals at most.
    fileprivate var short: String {
        let hundredths = Int((self * 100).rounded())
        if hundredths % 100 == 0 { return String(hundredths / 100) }
        return String(Double(hundredths) / 100)
    }
}
