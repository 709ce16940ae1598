// SPDX-License-Identifier: Apache-2.0

extension ChartDrawing {
    /// A self-contained file. Its colours follow the reader's light or dark setting.
    ///
    /// - Parameter label: the text for screen readers.
    package func svg(label: String) -> String {
        svg("xmlns=\"http://www.w3.org/2000/svg\" ", label: label, style: "<style>\n\(Self.style)</style>\n")
    }

    /// The same for a page that includes the rules of `style`.
    package func svgInPage(label: String) -> String { svg("", label: label, style: "") }

    private func svg(_ namespace: String, label: String, style: String) -> String {
        let size = "\(width.short) \(height.short)"
        return "<svg \(namespace)viewBox=\"0 0 \(size)\" width=\"\(width.short)\" "
            + "height=\"\(height.short)\" role=\"img\" aria-label=\"\(label.escapedForXML)\" "
            + "font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
            + style + shapes.map { $0.svg + "\n" }.joined() + "</svg>\n"
    }

    /// The colours of all roles, as rules of CSS for the shapes of charts.
    package static var style: String {
        let rules = { (colour: (Role) -> UInt32) in
            Role.allCases.map { "svg .\($0.rawValue){fill:\(colour($0).hexColour)}\n" }.joined()
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
    /// The text, safe in an element and inside a quoted attribute. Control characters that move a cursor have to be
    /// escaped before.
    ///
    /// Works on scalars, as readers of XML do. A quote with a combining mark is one `Character`, but it ends an
    /// attribute.
    package var escapedForXML: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.unicodeScalars.append(scalar)
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
    /// The number with at most two decimals; 0 if it is not a number or too large for a picture.
    fileprivate var short: String {
        guard magnitude < 1e9 else { return "0" }
        let hundredths = Int((self * 100).rounded())
        if hundredths % 100 == 0 { return String(hundredths / 100) }
        return String(Double(hundredths) / 100)
    }
}
