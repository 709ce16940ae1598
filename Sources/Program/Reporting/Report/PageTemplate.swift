// SPDX-License-Identifier: Apache-2.0

/// A text with `{{names}}` to be filled in.
struct PageTemplate {
    private let text: String

    init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

    /// Each value is put in as it is, and not looked into again. A name without a value stands for nothing.
    func filled(_ values: [String: String]) -> String {
        var page = ""
        var rest = text[...]
        while let opening = rest.firstRange(of: "{{"), let closing = rest[opening.upperBound...].firstRange(of: "}}") {
            page += rest[..<opening.lowerBound]
            page += values[String(rest[opening.upperBound..<closing.lowerBound])] ?? ""
            rest = rest[closing.upperBound...]
        }
        return page + rest
    }
}
