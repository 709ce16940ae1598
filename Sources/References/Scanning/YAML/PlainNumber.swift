// SPDX-License-Identifier: Apache-2.0

/// A number without quotes that means something else than the text it looks like: `1.10` is 1.1, `1e3` is 1000.
struct PlainNumber {
    let written: String
    let value: String
    private let place: Int

    init?(_ view: YAMLView, _ index: YAMLDocument.Index) {
        let document = view.document
        let node = document[document.resolved(index)]
        guard node.kind == .scalar, node.style == .plain, let text = document.string(index),
            let value = Self.value(of: text), value != text
        else { return nil }
        written = text
        self.value = value
        place = view.place(of: document.resolved(index)).lowerBound
    }

    func warning(_ reader: String) -> ScanProblem {
        ScanProblem(
            "\(written) without quotes is a number, and \(reader) takes it for \(value): write \"\(written)\"",
            at: place)
    }

    /// The text of the number in the place of the written text. If the written text begins with it, it has the same
    /// bytes.
    func text(_ text: TracedText) -> TracedText {
        text.string.hasPrefix(value) ? text[0..<value.utf8.count] : TracedText(untraced: value)
    }

    /// The text of a float after it went through YAML and JSON. nil for any other text. Whole numbers that fit stay as
    /// they are.
    static func value(of text: String) -> String? {
        let digits = text.utf8.prefix { (48...57).contains($0) }.count
        guard digits > 0, text.utf8.count <= 17, text.utf8.dropFirst(digits).first == UInt8(ascii: ".") else {
            return nil
        }
        let fraction = text.utf8.dropFirst(digits + 1)
        guard !fraction.isEmpty, fraction.allSatisfy({ (48...57).contains($0) }) else { return nil }
        var value = Substring(text)
        while value.last == "0" { value = value.dropLast() }
        if value.last == "." { value = value.dropLast() }
        while value.first == "0", let second = value.dropFirst().first, second != "." { value = value.dropFirst() }
        return String(value)
    }
}
