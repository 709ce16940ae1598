// SPDX-License-Identifier: Apache-2.0

import FileScans
import Reporting
import Scanning

/// What a scan has seen, and what it has not.
struct ScanTally {
    /// With a value, and pulled.
    var references = 0
    /// Depending on a variable without a value.
    var open = 0
    /// Made here, or replaced by a kustomization.
    var built = 0
    var guessed = 0
    /// Files, and documents in them.
    var unreadable = 0
    /// Files that `.gitignore` leaves out.
    var skipped = 0
    /// Findings that a gate does not let pass.
    var offences = 0
    /// Those of them that depend on a variable without a value.
    var openOffences = 0

    mutating func add(_ item: HeldFindings.Item, isMade: Bool) {
        if isMade {
            built += 1
            return
        }
        if item.isOpen { open += 1 } else { references += 1 }
        if item.isGuess { guessed += 1 }
        if item.isOffence { offences += 1 }
        if item.isOffence && item.isOpen { openOffences += 1 }
    }

    /// One line for people; nil where everything was seen.
    var sentence: String? {
        let counts = [
            (unreadable, "unreadable"), (open, "open"), (built, "built here"), (guessed, "guessed"),
            (skipped, "left out by .gitignore"),
        ]
        let told = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        guard !told.isEmpty else { return nil }
        return Quantity.count(references, "reference") + "; besides: " + told.joined(separator: ", ")
            + (open > 0 ? "; --format json names the variables" : "")
    }
}

/// Which references may stand in the files: `scan --check`.
struct ScanGate {
    private let outside: RegistryFilter

    /// - Parameter expected: hosts, ends of hosts, or either with the beginning of a path.
    init(expected: [String]) { outside = RegistryFilter(excluding: expected) }

    /// An image elsewhere, and one whose registry cannot be seen.
    func refuses(_ finding: Finding) -> Bool { outside.keeps(finding) }
}
