// SPDX-License-Identifier: Apache-2.0

import OCI

extension ProgressFacts.Failure {
    /// The failure in one line: the kind, the item, and what was answered.
    ///
    /// The kind always comes first. If there is no room for everything, these are left out in order: the request, the
    /// registry in the item's name, the path in the item's name, the last words of the answer.
    ///
    /// - Parameter room: the most columns.
    func line(room: Int, ellipsis: String) -> String {
        let message = message.displayable(limit: 1024)
        let answer = message.withoutRequests
        let names = [name, name.withoutRegistry, name.lastComponent].map { $0.displayable(limit: 512) }
        for (name, text) in [(names[0], message)] + names.map({ ($0, answer) }) {
            let line = line(name, text)
            if line.count <= room { return line }
        }
        // The path stays if the beginning of the answer has room behind it.
        let fitting = names.dropFirst().first { line($0, "").count + 2 + Self.leastAnswer <= room } ?? names[2]
        let head = line(fitting, "")
        guard head.count <= room else { return (kind.isEmpty ? head : kind).shortened(to: room, ellipsis: ellipsis) }
        let rest = answer.shortened(to: room - head.count - 2, ellipsis: ellipsis)
        return rest.isEmpty || rest == ellipsis ? head : "\(head): \(rest)"
    }

    /// Columns of an answer that say something.
    private static let leastAnswer = 40

    private func line(_ name: String, _ text: String) -> String {
        [kind, name, text].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

extension String {
    /// `coreos/etcd:v3` of `quay.io/coreos/etcd:v3`, and 12 digits of a digest.
    fileprivate var withoutRegistry: String {
        let parts = split(separator: "/", maxSplits: 1)
        guard parts.count == 2, parts[0] == "localhost" || parts[0].contains(where: { ".:".contains($0) }) else {
            return withShortDigest
        }
        return String(parts[1]).withShortDigest
    }

    /// `etcd:v3` of `quay.io/coreos/etcd:v3`, and 12 digits of a digest.
    fileprivate var lastComponent: String { (split(separator: "/").last.map(String.init) ?? self).withShortDigest }

    private var withShortDigest: String {
        guard let at = lastIndex(of: "@"), let colon = self[at...].firstIndex(of: ":") else { return self }
        return String(self[...at]) + self[index(after: colon)...].prefix(12)
    }

    /// The text without the requests that it names: `404 Not Found` of `GET https://quay.io/v2/a/manifests/1: 404 Not Found`.
    var withoutRequests: String {
        var words: [Substring] = []
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if word.hasSuffix(":"), word.drop(while: { $0 == "\"" }).hasPrefix("http"), word.contains("://"),
                let method = words.last, Self.methods.contains(method.uppercased())
            {
                words.removeLast()
            } else {
                words.append(word)
            }
        }
        return words.joined(separator: " ")
    }

    private static let methods: Set<String> = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]
}
