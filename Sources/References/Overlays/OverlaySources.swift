// SPDX-License-Identifier: Apache-2.0

package import Scanning

/// The files for an overlay, collected from one reading of a file after the other.
package struct OverlaySources: Sendable {
    package private(set) var all: [OverlaySource] = []
    private var positions: [String: Int] = [:]
    private var unread: Set<String> = []

    package init() {}

    /// Adds what one reading of a file has found.
    ///
    /// - Parameters:
    ///   - refuted: findings of earlier readings that this reading shows to be wrong.
    ///   - source: reads the file, without findings. It is called once for each file.
    /// - Throws: the error of `source`. The file is then left out.
    package mutating func add<Problem>(
        _ findings: [Finding], of file: String, refuted: [Finding],
        reading source: (String) throws(Problem) -> OverlaySource
    ) throws(Problem) {
        guard let position = positions[file] else {
            guard !findings.isEmpty, unread.insert(file).inserted else { return }
            var read = try source(file)
            read.findings = findings
            positions[file] = all.count
            all.append(read)
            return
        }
        all[position].findings.removeAll(where: refuted.contains)
        // Another reading of the file has other findings.
        let known = Set(all[position].findings)
        all[position].findings += findings.filter { !known.contains($0) }
    }
}
