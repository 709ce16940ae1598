// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// What a run has sent of logins, by its value: a registry or a token service may repeat it in its own words, which are shown.
final class SpokenSecrets: Sendable {
    private let values = Mutex<Set<String>>([])

    /// More tokens than requests that are under way.
    private static let most = 1024
    /// Shorter ones would be found in ordinary words.
    private static let shortest = 6

    /// - Parameter header: a value of `Authorization`.
    func note(_ header: String?) {
        guard let header, let space = header.firstIndex(of: " ") else { return }
        let value = String(header[header.index(after: space)...])
        // Most requests send what earlier ones have sent.
        guard note(value: value), header.lowercased().hasPrefix("basic "), let decoded = Base64.decode(value) else {
            return
        }
        let login = String(decoding: decoded, as: UTF8.self)
        if let colon = login.firstIndex(of: ":") { note(value: String(login[login.index(after: colon)...])) }
    }

    /// - Returns: whether it had not been sent before.
    @discardableResult
    func note(value: String) -> Bool {
        guard value.utf8.count >= Self.shortest else { return true }
        return values.withLock { values in
            if values.count >= Self.most { values.removeAll(keepingCapacity: true) }
            return values.insert(value).inserted
        }
    }

    /// A text from outside without what was sent there.
    func hidden(in text: String) -> String {
        let length = text.utf8.count
        return values.withLock { values in values.filter { $0.utf8.count <= length } }
            .reduce(text) { $0.replacing($1, with: Redaction.mark) }
    }
}
