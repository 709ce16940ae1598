// SPDX-License-Identifier: Apache-2.0

package import FileTree
import OCI
package import Scanning

/// What a scan found in one file.
package struct FileReport: Sendable {
    package let file: String
    package var findings: [LocatedFinding] = []
    package var problems: [String] = []
    package var warnings: [String] = []
    /// Findings of the file that were reported before, and that another file shows not to be images.
    package var refuted: [Finding] = []
    /// Texts that look like images, in places that are not known to hold one.
    package var guesses: [Finding] = []
    package var followUps: [FollowUp] = []
    /// What the file says about builds and replacements. nil: nothing.
    package var result: ScanResult?
    package var identity: FileFacts.Identity?
    /// The number of files that ignore files exclude. Set at the end of a walk.
    package var skipped = 0
    /// What the file says about tasks.
    var tasks = TaskUse()
    /// What the file says about charts' values in resources.
    var values = ValuesUse()
    /// What another file said about this one, if that led to it.
    package var followed: FollowUp.Kind?
    /// The same, also if the file's own findings are known, so that it was not read again.
    package var given: FollowUp.Kind?

    init(file: String, problems: [String] = [], skipped: Int = 0) {
        self.file = file
        self.problems = problems
        self.skipped = skipped
    }

    init(_ file: String, bytes: [UInt8], result: ScanResult) {
        self.init(file: file)
        followUps = result.followUps
        guesses = result.guesses
        (tasks, values) = (result.tasks, result.values)
        if result.saysOfOthers { self.result = result }
        guard !result.findings.isEmpty || !result.problems.isEmpty || !result.warnings.isEmpty else { return }
        let lines = LineTable(bytes)
        findings = result.findings.map { LocatedFinding($0, file: file, bytes: bytes, lines: lines) }
        func told(_ problem: ScanProblem) -> String {
            let place = problem.offset.map { lines.position(of: min($0, bytes.count)) }
            return file.displayable + (place.map { ":\($0.line):\($0.column)" } ?? "") + ": " + problem.message
        }
        problems = result.problems.map(told)
        warnings = result.warnings.map(told)
    }
}
