// SPDX-License-Identifier: Apache-2.0

import Rewriting
import Scanning

/// What became of the images with which patches compare texts (`op: test`). Such a text has to change together with
/// the image, because a build ends where a comparison fails (RFC 6902, 4.6).
struct ComparedImages {
    enum Fate {
        case changes
        case stays
        /// No file here has the image that the patch is applied to, or some of them change and some do not.
        case unknown
    }

    /// For each text, the files with such images, and whether all of these change.
    private var places: [String: [String: Bool]] = [:]

    /// The most files with the same image that are looked at for one comparison.
    private static let fileLimit = 256

    init(_ texts: Set<String>) { for text in texts { places[text] = [:] } }

    /// Notes the findings of a file, which are in `replaced` if they change.
    mutating func note(_ findings: [Finding], replaced: [Finding], in path: String) {
        guard !places.isEmpty else { return }
        let replaced = Set(replaced)
        for finding in findings where !finding.isCompared && (finding.isOfContainer || finding.kind == .kustomize) {
            guard let text = finding.image, places[text] != nil else { continue }
            let others = places[text]?[path] ?? true
            places[text]?[path] = others && replaced.contains(finding)
        }
    }

    func fate(of finding: Finding, in path: String, made: MadeImages) -> Fate {
        guard let files = finding.image.flatMap({ places[$0] }), files.count <= Self.fileLimit else { return .unknown }
        let targets = files.filter { made.isPatched($0.key, by: path) }.map(\.value)
        guard let first = targets.first, targets.allSatisfy({ $0 == first }) else { return .unknown }
        return first ? .changes : .stays
    }
}
