// SPDX-License-Identifier: Apache-2.0

extension ChartDrawing {
    /// A self-contained file. Its colours follow the reader's light or dark setting.
    ///
    /// - Parameter label: the text for screen readers.
    package func svg(label: String) -> String {
        let (width, height) = (width.short, height.short)
        return element(
            "xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\"",
            label: label, style: "<style>\n\(Self.style)</style>\n", place: \.short)
    }

    /// A picture for a page that includes the rules of `style`. It is as wide as its place, and all of its text has the same
    /// size at any width, because a picture that was only made smaller could not be read on a phone.
    package func svgInPage(label: String) -> String {
        element("width=\"100%\" height=\"\(height.short)\"", label: label, isForPage: true) {
            "\((100 * $0 / width).short)%"
        }
    }

    private func element(
        _ size: String, label: String, style: String = "", isForPage: Bool = false, place: (Double) -> String
    ) -> String {
        let start =
            "<svg \(size) role=\"img\" aria-label=\"\(label.escapedForXML)\" font-family=\"system-ui, sans-serif\" "
            + "font-size=\"12\">\n"
        let drawn = shapes.map { $0.svg(end: width, isForPage: isForPage, place) + "\n" }
        return start + style + drawn.joined() + "</svg>\n"
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
    /// - Parameters:
    ///   - end: the right end of the picture.
    ///   - isForPage: whether a style sheet chooses between texts and brief ones.
    ///   - place: a horizontal position or length as text.
    fileprivate func svg(end: Double, isForPage: Bool, _ place: (Double) -> String) -> String {
        switch self {
        case .rectangle(let x, let y, let width, let height, let role, let title):
            return Self.rectangle(
                "x=\"\(place(x))\" y=\"\(y.short)\" width=\"\(place(width))\"", height, role, title)
        case .mark(let x, let y, let pixels, let height, let role, let title):
            // A mark at the right end would lie outside.
            let shift = x >= end ? " transform=\"translate(\((-pixels).short))\"" : ""
            return Self.rectangle(
                "x=\"\(place(x))\" y=\"\(y.short)\" width=\"\(pixels.short)\"\(shift)", height, role, title)
        case .text(let text, let x, let y, let role, let anchor, let isBold, let indent, let note, let brief):
            let attributes =
                "x=\"\(place(x))\" y=\"\(y.short)\"" + (indent == 0 ? "" : " dx=\"\(indent.short)\"")
                + (anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\"")
                + (isBold ? " font-weight=\"600\"" : "")
            guard isForPage, let brief else { return Self.text(text, note, role.rawValue, attributes) }
            return Self.text(text, note, "\(role.rawValue) long", attributes)
                + (brief.isEmpty ? "" : Self.text(brief, note, "\(role.rawValue) brief", attributes))
        }
    }

    private static func text(_ text: String, _ note: String?, _ kind: String, _ attributes: String) -> String {
        let space = text.isEmpty ? "" : " dx=\"8\""
        return "<text class=\"\(kind)\" \(attributes)>\(text.escapedForXML)"
            + (note.map { "<tspan class=\"faint\"\(space)>\($0.escapedForXML)</tspan>" } ?? "") + "</text>"
    }

    private static func rectangle(
        _ place: String, _ height: Double, _ role: ChartDrawing.Role, _ title: String?
    ) -> String {
        "<rect class=\"\(role.rawValue)\" \(place) height=\"\(height.short)\""
            + (title.map { "><title>\($0.escapedForXML)</title></rect>" } ?? "/>")
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
