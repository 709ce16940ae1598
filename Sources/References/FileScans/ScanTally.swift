// SPDX-License-Identifier: Apache-2.0

package import Scanning

/// What a scan has found, and what it has not read.
package struct ScanTally: Sendable {
    /// References with a value that are pulled.
    package var references = 0
    /// References that depend on a variable without a value.
    package var open = 0
    /// References to images that are made here, or that a kustomization replaces.
    package var built = 0
    package var guessed = 0
    /// Files, and documents in files, that could not be read.
    package var unreadable = 0
    /// Files that `.gitignore` excludes.
    package var skipped = 0
    /// Findings that a gate refuses.
    package var offences = 0
    /// The offences that depend on a variable without a value.
    package var openOffences = 0

    package init() {}

    package mutating func add(_ item: HeldFindings.Item, isMade: Bool) {
        if isMade {
            built += 1
            return
        }
        if item.isOpen { open += 1 } else { references += 1 }
        if item.isGuess { guessed += 1 }
        if item.isOffence { offences += 1 }
        if item.isOffence && item.isOpen { openOffences += 1 }
    }
}

/// Which references are allowed in the files: `scan --check`.
package struct ScanGate: Sendable {
    private let outside: RegistryFilter

    /// - Parameter expected: hosts or ends of hosts, each with or without the beginning of a path.
    package init(expected: [String]) { outside = RegistryFilter(excluding: expected) }

    /// Whether an image is in another registry, or its registry cannot be seen.
    package func refuses(_ finding: Finding) -> Bool { outside.keeps(finding) }
}
