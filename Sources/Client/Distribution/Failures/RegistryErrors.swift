// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTransport

/// The reasons that a registry gave: the specification's error list, or the beginning of another body.
struct RegistryErrors: Equatable {
    struct Entry: Equatable {
        var code: String
        var message: String
        /// In the notation of Go's `%v`, which gcrane prints; nil if there is none.
        var detail: String?
    }

    var entries: [Entry] = []
    /// The beginning of a body without an error list.
    var excerpt = ""

    static let shownExcerpt = 512
    static let largestBody = 64 << 10

    /// Reads a body of any content type, because registries also send errors as text/plain.
    ///
    /// - Parameter secrets: the secrets that were sent. They are removed here, before the text is shortened.
    init(_ body: [UInt8], hiding secrets: SentSecrets = SentSecrets()) {
        guard let document = try? JSON(body), document.members != nil else {
            excerpt = Self.excerpt(of: secrets.hidden(in: body))
            return
        }
        entries = (document["errors"]?.array ?? []).compactMap { Self.entry($0, hiding: secrets) }
        if entries.isEmpty, let message = document["message"]?.string ?? document["details"]?.string {
            excerpt = secrets.hidden(in: message)
        } else if entries.isEmpty {
            excerpt = Self.excerpt(of: secrets.hidden(in: body))
        }
    }

    /// Whether the refusal is a rate limit with another status. GitHub answers 403 "You have exceeded a secondary rate
    /// limit"; others mention abuse.
    var speaksOfRate: Bool {
        says(anyOf: ["rate limit", "abuse detection", "abuse limit", "too many requests"])
    }

    /// Whether the refusal concerns a tag that no client may change. Registries that protect tags answer 403 for this, too.
    var speaksOfKeeping: Bool {
        says(anyOf: ["immutable", "protected tag", "tag is protected", "cannot be overwritten"])
    }

    private func says(anyOf words: [String]) -> Bool {
        let said = (entries.map(\.message) + [excerpt]).joined(separator: " ").lowercased()
        return words.contains { said.contains($0) }
    }

    var codes: [String] { entries.map(\.code).filter { !$0.isEmpty } }

    private static func entry(_ json: JSON, hiding secrets: SentSecrets) -> Entry? {
        guard json.members != nil else { return nil }
        let detail = json["detail"].flatMap { $0.isNull ? nil : $0.inGoNotation }
        return Entry(
            code: secrets.hidden(in: json["code"]?.string ?? "").uppercased(),
            message: secrets.hidden(in: json["message"]?.string ?? ""), detail: detail.map { secrets.hidden(in: $0) })
    }

    private static func excerpt(of body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(4 * shownExcerpt), as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension RegistryErrors: CustomStringConvertible {
    /// Escaped and bounded: `CODE: message; detail`.
    var description: String {
        let shown = entries.prefix(5).map(\.description)
        if shown.count == 1 { return shown[0] }
        return "multiple errors returned: " + shown.joined(separator: "; ")
    }
}

extension RegistryErrors.Entry: CustomStringConvertible {
    var description: String {
        let text = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        return (text + (detail.map { "; " + $0 } ?? "")).withoutSecrets
            .displayable(limit: RegistryErrors.shownExcerpt)
    }
}

extension JSON {
    /// Go's `%v` of a decoded document: what scripts that read gcrane's errors expect.
    var inGoNotation: String {
        switch self {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): text
        case .array(let elements): "[" + elements.map(\.inGoNotation).joined(separator: " ") + "]"
        case .object(let members):
            "map["
                + members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.inGoNotation)" }
                .joined(separator: " ") + "]"
        }
    }
}
