// SPDX-License-Identifier: Apache-2.0

import OCI
package import Scanning

/// The references of a scan, each once, as a list that `batch` reads.
package struct ReferenceList: Sendable {
    private var order: [String] = []
    private var digests: [String: [Digest]] = [:]
    private let pinsRunning: Bool

    /// - Parameter pinsRunning: adds the digest that a cluster runs to each reference, where one is known.
    package init(pinsRunning: Bool = false) { self.pinsRunning = pinsRunning }

    /// What a finding contributes to the list.
    package struct Entry: Sendable {
        package let text: String
        let running: Digest?

        /// nil for a finding without a reference.
        package init?(_ finding: Finding) {
            guard let reference = finding.reference else { return nil }
            text = ReferenceList.listed(reference)
            running = finding.running
        }

        /// - Parameter line: what `line` returned. nil for an empty one.
        package init?(line: String) {
            guard !line.isEmpty else { return nil }
            let words = line.split(separator: " ", maxSplits: 1)
            text = String(words[0])
            running = words.count > 1 ? try? Digest(String(words[1])) : nil
        }

        /// The entry as one text. No reference contains a blank.
        package var line: String { running.map { "\(text) \($0.text)" } ?? text }
    }

    package mutating func add(_ entry: Entry) {
        let text = entry.text
        if digests[text] == nil {
            order.append(text)
            digests[text] = []
        }
        if let running = entry.running, digests[text]?.contains(running) == false { digests[text]?.append(running) }
    }

    /// The lines of the list, in the order in which the references were first found.
    package var lines: [String] {
        guard pinsRunning else { return order }
        return order.flatMap { text -> [String] in
            guard let running = digests[text], !running.isEmpty, !text.contains("@") else { return [text] }
            return running.map { "\(text)@\($0.text)" }
        }
    }

    /// References that get no digest, because no pod's status shows that it runs what its spec asks for.
    package var unpinned: [String] {
        pinsRunning ? order.filter { digests[$0]?.isEmpty == true && !$0.contains("@") } : []
    }

    /// The reference as a list writes it. A list takes a text that begins with `oci:` for a layout, so such a reference
    /// gets its full name.
    private static func listed(_ reference: Reference) -> String {
        reference.asTyped.hasPrefix("oci:") ? ImageName.fullName(of: reference) : reference.asTyped
    }
}
