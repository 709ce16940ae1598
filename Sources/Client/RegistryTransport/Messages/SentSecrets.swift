// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// The secrets that a run has sent. A registry or a token service may repeat them in texts that are shown, so they are
/// removed by value.
package final class SentSecrets: Sendable {
    private struct Values {
        /// By their first bytes, so that a text is searched once for all secrets.
        var byStart: [UInt64: Set<[UInt8]>] = [:]
        var count = 0
    }

    private let values = Mutex(Values())

    /// More secrets than there can be concurrent requests.
    private static let most = 1024
    /// Bytes. Shorter secrets would occur in ordinary words.
    private static let shortest = 6

    package init() {}

    /// - Parameter header: a value of `Authorization`.
    package func note(_ header: String?) {
        guard let header, let space = header.firstIndex(of: " ") else { return }
        let value = String(header[header.index(after: space)...])
        // Most requests send the same secrets as earlier ones.
        guard note(value: value), header.lowercased().hasPrefix("basic "), let decoded = Base64.decode(value) else {
            return
        }
        let password = String(decoding: decoded.drop { $0 != UInt8(ascii: ":") }.dropFirst(), as: UTF8.self)
        // The spellings in JSON documents and URLs.
        for spelling in [
            password, String(JSON.string(password).text.dropFirst().dropLast()), PercentEncoding.encodeForm(password),
        ] { note(value: spelling) }
    }

    /// - Returns: whether the value is new.
    @discardableResult
    package func note(value: String) -> Bool {
        let bytes = Array(value.utf8)
        guard bytes.count >= Self.shortest else { return true }
        return values.withLock { values in
            if values.count >= Self.most { values = Values() }
            guard values.byStart[Self.start(of: bytes), default: []].insert(bytes).inserted else { return false }
            values.count += 1
            return true
        }
    }

    /// The text without the sent secrets. This must be done before the text is shortened, because half a password is not
    /// recognized.
    package func hidden(in text: String) -> String { String(decoding: hidden(in: Array(text.utf8)), as: UTF8.self) }

    /// Works on bytes, because a combining mark after a password would change its characters, but not its bytes.
    package func hidden(in bytes: [UInt8]) -> [UInt8] {
        let known = values.withLock { $0.byStart }
        guard !known.isEmpty else { return bytes }
        var (result, position): ([UInt8], Int) = ([], 0)
        while position < bytes.count {
            if let length = Self.longest(known, at: bytes[position...]) {
                result += Redaction.mark.utf8
                position += length
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return result
    }

    private static func longest(_ known: [UInt64: Set<[UInt8]>], at text: ArraySlice<UInt8>) -> Int? {
        known[start(of: text)]?.filter { text.starts(with: $0) }.map(\.count).max()
    }

    private static func start(of bytes: some Collection<UInt8>) -> UInt64 {
        bytes.prefix(shortest).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

// MARK: - Excerpts

extension SentSecrets {
    /// The beginning of a text from outside, safe to show: secrets are removed and it is escaped before it is shortened.
    ///
    /// - Parameter limit: characters.
    package func excerpt(of text: String, limit: Int) -> String { excerpt(of: Array(text.utf8), limit: limit) }

    /// - Parameter isWhole: false if more bytes were to come, so that the last ones may be the beginning of a secret.
    package func excerpt(of bytes: [UInt8], limit: Int, isWhole: Bool = true) -> String {
        let hidden = hidden(in: bytes)
        let shown = isWhole ? hidden : withoutBegunSecret(hidden)
        return String(decoding: shown.prefix(Self.readFor(limit)), as: UTF8.self).withoutSecrets
            .displayable(limit: limit)
    }

    /// The bytes to process for an excerpt. They are enough even after secrets are removed. A line may be much longer.
    private static func readFor(_ limit: Int) -> Int { 64 * limit }

    /// Fewer bytes of a secret reveal nothing, and many ordinary words end with them.
    private static let shortestBeginning = 4

    private func withoutBegunSecret(_ bytes: [UInt8]) -> [UInt8] {
        let known = all
        let begun = bytes.indices.suffix(known.map(\.count).max() ?? 0).dropLast(Self.shortestBeginning - 1)
            .first { position in known.contains { $0.starts(with: bytes[position...]) } }
        guard let begun else { return bytes }
        return Array(bytes[..<begun]) + Array(Redaction.mark.utf8)
    }

    private var all: [[UInt8]] { values.withLock { $0.byStart.values.flatMap { $0 } } }
}
