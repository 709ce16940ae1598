// SPDX-License-Identifier: Apache-2.0

import OCI
import Rewriting
import Scanning

/// The references that a rewriting changes, by file. What another file takes from there changes with them.
struct ChangedReferences {
    private var files: [String: Set<String>] = [:]

    mutating func note(_ replaced: [Finding], in path: String) {
        let references = replaced.compactMap(\.reference?.canonical)
        if !references.isEmpty { files[FilePath.normalized(path), default: []].formUnion(references) }
    }

    /// Whether no bytes of a file are a part of a reference, and the file that decides it changes it.
    func decide(_ finding: Finding, in path: String) -> Bool {
        guard finding.parts.isEmpty, let reference = finding.reference?.canonical else { return false }
        return finding.deciders.compactMap(\.file).contains { file in
            [FilePath.normalized(file), FilePath.resolved(file, from: path)].contains {
                files[$0]?.contains(reference) == true
            }
        }
    }
}
