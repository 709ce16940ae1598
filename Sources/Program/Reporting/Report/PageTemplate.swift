// SPDX-License-Identifier: Apache-2.0

/// A text with `{{names}}` to be filled in.
struct PageTemplate {
    private let text: Substring

    init(_ bytes: [UInt8]) { self.init(String(decoding: bytes, as: UTF8.self)[...]) }

    private init(_ text: Substring) { self.text = text }

    /// The parts before and after a placeholder; the whole template and nothing if there is no such placeholder.
    func split(at name: String) -> (before: PageTemplate, behind: PageTemplate) {
        guard let place = text.firstRange(of: "{{\(name)}}") else {
            return (self, PageTemplate(text[text.endIndex...]))
        }
        return (PageTemplate(text[..<place.lowerBound]), PageTemplate(text[place.upperBound...]))
    }

    /// Each value is inserted unchanged, and is not expanded again. A name without a value is replaced by nothing.
    func filled(_ values: [String: String]) -> String {
        var page = ""
        var rest = text
        while let opening = rest.firstRange(of: "{{"), let closing = rest[opening.upperBound...].firstRange(of: "}}") {
            page += rest[..<opening.lowerBound]
            page += values[String(rest[opening.upperBound..<closing.lowerBound])] ?? ""
            rest = rest[closing.upperBound...]
        }
        return page + rest
    }
}
