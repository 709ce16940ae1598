// SPDX-License-Identifier: Apache-2.0

import FileScans
import FileTree
import Files
import OCI
import Rewriting
import Scanning

/// Finds the references of files and works out the edits, file by file. Writes nothing.
struct RewriteRun {
    /// A file that changes.
    struct Change {
        /// As patches name it: from the current folder where it is below that.
        var shownPath: String
        /// Without symbolic links.
        var path: String
        var old: [UInt8]
        var rewritten: RewrittenFile

        var diff: UnifiedDiff { UnifiedDiff(path: shownPath, bytes: old, edits: rewritten.edits) }
    }

    /// A file with references, and all that other files say about reading it.
    private struct Source {
        var path: String
        var resolved: String
        var followed: [FollowUp.Kind?]

        /// What templates make of a chart's values is more than the values say, and in some places something else.
        var readings: [FollowUp.Kind?] {
            let isChart = followed.contains { if case .chartValues? = $0 { true } else { false } }
            return isChart ? followed.filter { $0 != nil } : followed
        }
    }

    let scan: ScanRun
    let mapping: RewriteMapping
    /// Takes what could not be read, and what stays although it should change.
    let note: (String) -> Void

    func outcome() async -> RewriteOutcome {
        var outcome = RewriteOutcome()
        var sources: [Source] = []
        var positions: [String: Int] = [:]
        var made = MadeImages()
        await scan.execute { report in
            (report.problems + report.warnings).forEach { note("warning: " + $0) }
            outcome.unreadable += report.problems.count
            outcome.references += report.findings.count { !$0.finding.isBuilt } - report.refuted.count
            if let result = report.result { made.add(result, of: report.file) }
            // A caller that says the same as the file now will no longer do so once the file has changed.
            guard !report.findings.isEmpty || report.followed != nil, let resolved = Files.resolved(report.file) else {
                return
            }
            // One file by several names is changed once.
            if let position = positions[resolved] {
                if !sources[position].followed.contains(report.followed) {
                    sources[position].followed.append(report.followed)
                }
            } else if !report.findings.isEmpty {
                positions[resolved] = sources.count
                sources.append(Source(path: report.file, resolved: resolved, followed: [report.followed]))
            }
        }
        for source in sources { add(source, made: made, to: &outcome) }
        return outcome
    }

    private func add(_ source: Source, made: MadeImages, to outcome: inout RewriteOutcome) {
        guard let bytes = try? FileReader.read(source.path, limit: nil).bytes else {
            note("warning: \(source.path.displayable): cannot be read again")
            outcome.unreadable += 1
            return
        }
        let isOurs = isInside(source.resolved)
        let scans = source.readings.map { followed in
            { (bytes: [UInt8]) in
                scan.scanner.scan(
                    bytes, kind: FileKind(path: source.path), followed: followed,
                    in: ScanRun.nearby(of: source.path, followed))
            }
        }
        let rewriter = FileRewriter(scans: scans) { finding in
            if made.holds(finding, in: source.path) { return .leave }
            let decision = mapping.decision(for: finding)
            guard case .replace = decision else { return decision }
            guard isOurs else { return .refuse("the file is outside of the paths given") }
            // Under another name it would no longer be found.
            guard !made.isName(finding, in: source.path) else {
                return .refuse("a kustomization replaces the image by this name")
            }
            // It counts the parts of the text at this place.
            guard !made.isOfReplacedParts(finding, in: source.path) else {
                return .refuse("a kustomization replaces a part of the image")
            }
            return decision
        }
        let rewritten = rewriter.rewrite(bytes)
        outcome.add(rewritten)
        tell(rewritten.refused, in: source.path, bytes)
        tell(renamed: rewritten.renamed, in: source.path, bytes)
        guard !rewritten.edits.isEmpty else { return }
        outcome.changes.append(
            Change(shownPath: shown(source.resolved), path: source.resolved, old: bytes, rewritten: rewritten))
    }

    private func tell(_ refused: [Refused], in path: String, _ bytes: [UInt8]) {
        guard !refused.isEmpty else { return }
        let lines = LineTable(bytes)
        for one in refused {
            let line = lines.position(of: one.finding.range.lowerBound).line
            note("not rewritten: \(path.displayable):\(line): \(one.finding.text.displayable): \(one.reason)")
        }
    }

    /// The copy has to have whatever tag is filled in.
    private func tell(renamed: [Finding], in path: String, _ bytes: [UInt8]) {
        guard !renamed.isEmpty else { return }
        let lines = LineTable(bytes)
        var told: Set<String> = []
        for finding in renamed {
            let line = lines.position(of: finding.range.lowerBound).line
            let variable = finding.unresolved?.displayable ?? ""
            let text =
                "only the name: \(path.displayable):\(line): \(finding.text.displayable): \"\(variable)\" has no value here; copy the tags that it may take"
            // Several templates may take one value.
            if told.insert(text).inserted { note(text) }
        }
    }

    // MARK: - Places

    private func isInside(_ resolved: String) -> Bool {
        scan.roots.contains { root in
            switch root {
            case .text: return false
            case .file(let path): return Files.resolved(path) == resolved
            case .folder(let path):
                guard let folder = Files.resolved(path) else { return false }
                return resolved.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
            }
        }
    }

    private func shown(_ resolved: String) -> String {
        guard let folder = Files.resolved("."), resolved.hasPrefix(folder + "/") else { return resolved }
        return String(resolved.dropFirst(folder.count + 1))
    }
}
