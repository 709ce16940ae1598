// SPDX-License-Identifier: Apache-2.0

package import Scanning

/// What a scan has seen, and what it has not.
package struct ScanTally: Sendable {
    /// With a value, and pulled.
    package var references = 0
    /// Depending on a variable without a value.
    package var open = 0
    /// Made here, or replaced by a kustomization.
    package var built = 0
    package var guessed = 0
    /// Files, and documents in them.
    package var unreadable = 0
    /// Files that `.gitignore` leaves out.
    package var skipped = 0
    /// Findings that a gate does not let pass.
    package var offences = 0
    /// Those of them that depend on a variable without a value.
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

/// Which references may stand in the files: `scan --check`.
package struct ScanGate: Sendable {
    private let outside: RegistryFilter

    /// - Parameter expected: hosts, ends of hosts, or either with the beginning of a path.
    package init(expected: [String]) { outside = RegistryFilter(excluding: expected) }

    /// An image elsewhere, and one whose registry cannot be seen.
    package func refuses(_ finding: Finding) -> Bool { outside.keeps(finding) }
}
