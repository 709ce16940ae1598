// SPDX-License-Identifier: Apache-2.0

package import FileScans
import FileTree
import Files
import OCI
package import Rewriting
import Scanning

/// Finds the references of files and works out the edits, file by file. Reads files and writes none.
package struct RewriteRun {
    private let scan: ScanRun
    private let mapping: RewriteMapping
    private let note: (String) -> Void

    /// - Parameter note: takes lines about what could not be read, and about what stays although it should change.
    package init(scan: ScanRun, mapping: RewriteMapping, note: @escaping (String) -> Void) {
        self.scan = scan
        self.mapping = mapping
        self.note = note
    }

    /// Scans all files, then works out the edits of each file with references.
    package func outcome() async -> RewriteOutcome {
        var outcome = RewriteOutcome()
        var sources = RewriteSources()
        await scan.execute { report in
            (report.problems + report.warnings).forEach { note("warning: " + $0) }
            outcome.count(report)
            sources.add(report)
        }
        var compared = ComparedImages(sources.compared)
        // What patches compare follows what becomes of the images in other files.
        var changed = ChangedReferences()
        var read: [Rewritten] = []
        for source in sources.all.filter({ !$0.compares }) + sources.all.filter(\.compares) {
            guard let file = rewritten(source, among: sources, &compared, &outcome) else { continue }
            changed.note(file.result.replaced, in: source.path)
            if !file.result.edits.isEmpty || !file.result.refused.isEmpty { read.append(file) }
        }
        for var file in read {
            // What other files decide may be named before these.
            file.result.refused.removeAll { changed.decide($0.finding, in: file.source.path) }
            tell(file.result, of: file.source, file.bytes)
            outcome.add(
                file.result, of: file.bytes, at: file.source.resolved, shownAs: shown(file.source.resolved))
        }
        return outcome
    }

    private struct Rewritten {
        let source: RewriteSources.Source
        let bytes: [UInt8]
        var result: RewrittenFile
    }

    private func rewritten(
        _ source: RewriteSources.Source, among sources: RewriteSources, _ compared: inout ComparedImages,
        _ outcome: inout RewriteOutcome
    ) -> Rewritten? {
        guard let bytes = try? FileReader.read(source.path, limit: nil).bytes else {
            note("warning: \(source.path.displayable): cannot be read again")
            outcome.unreadable += 1
            return nil
        }
        let isOurs = isInside(source.resolved)
        let others = compared
        var findings: [Finding] = []
        let rewriter = FileRewriter(scans: scans(of: source, sources.overrides)) { finding in
            findings.append(finding)
            return decision(for: finding, in: source.path, made: sources.made, others, isOurs: isOurs)
        }
        let result = rewriter.rewrite(bytes)
        compared.note(findings, replaced: result.replaced, in: source.path)
        return Rewritten(source: source, bytes: bytes, result: result)
    }

    private func scans(
        of source: RewriteSources.Source, _ overrides: GivenOverrides
    ) -> [([UInt8]) -> ScanResult] {
        let given = overrides.fields(forValuesAt: source)
        return source.readings.map { followed in
            { bytes in
                var result = scan.scanner.scan(
                    bytes, kind: FileKind(path: source.path), followed: followed,
                    in: ScanRun.nearby(of: source.path, followed))
                result.keep(below: given, in: bytes)
                result.keepCompared(in: bytes)
                return result
            }
        }
    }

    private func decision(
        for finding: Finding, in path: String, made: MadeImages, _ compared: ComparedImages, isOurs: Bool
    ) -> RewriteDecision {
        if finding.isCompared {
            return decision(forCompared: finding, compared.fate(of: finding, in: path, made: made))
        }
        if made.holds(finding, in: path) { return .leave }
        let decision = mapping.decision(for: finding)
        guard case .replace = decision else { return decision }
        guard isOurs else { return .refuse("the file is outside of the paths given") }
        // Under another name it would no longer be found.
        guard !made.isName(finding, in: path) else { return .refuse("a kustomization replaces the image by this name") }
        guard !made.isSoughtByCommand(finding, in: path) else {
            return .refuse("a command searches the file for the image by this name")
        }
        // The kustomization counts the parts of the text at this place.
        guard !made.isOfReplacedParts(finding, in: path) else {
            return .refuse("a kustomization replaces or takes a part of the image")
        }
        return decision
    }

    private func decision(forCompared finding: Finding, _ fate: ComparedImages.Fate) -> RewriteDecision {
        let decision = mapping.decision(for: finding)
        switch fate {
        case .changes: return decision
        case .stays: return .leave
        case .unknown:
            guard case .replace = decision else { return decision }
            return .refuse("a patch compares it with an image, which may stay")
        }
    }

    // MARK: - Notes

    private func tell(_ rewritten: RewrittenFile, of source: RewriteSources.Source, _ bytes: [UInt8]) {
        guard !rewritten.refused.isEmpty || !rewritten.replaced.isEmpty else { return }
        let lines = LineTable(bytes)
        func place(_ finding: Finding) -> String {
            let line = lines.position(of: finding.range.lowerBound).line
            return "\(source.path.displayable):\(line): \(finding.text.displayable)"
        }
        for one in rewritten.refused { note("not rewritten: \(place(one.finding)): \(one.reason)") }
        // Several templates may take one value.
        var told: Set<String> = []
        for finding in rewritten.renamed {
            // The copy has to have whatever tag is filled in.
            let variable = finding.unresolved?.displayable ?? ""
            let text =
                "only the name: \(place(finding)): \"\(variable)\" has no value here; copy the tags that it may take"
            if told.insert(text).inserted { note(text) }
        }
        for finding in rewritten.replaced {
            guard let variable = finding.emptyFront else { continue }
            note("check: \(place(finding)): a value of \(variable.displayable) would stand before the new name")
        }
        for finding in rewritten.replaced {
            if let remark = finding.remark { note("check: \(place(finding)): \(remark)") }
        }
        let names = rewritten.replaced.filter { $0.isNameInValues || $0.commonRegistry != nil }
        guard !names.isEmpty, !isOfKnownChart(source) else { return }
        for finding in names { note("check: \(place(finding)): \(Self.unknownChart(of: finding))") }
    }

    /// Whether the templates that use the values of a file have been read.
    private func isOfKnownChart(_ source: RewriteSources.Source) -> Bool {
        let nearby = ScanRun.nearby(of: source.path, nil)
        return source.isChart
            || ["", "../"].contains { nearby.read($0 + "Chart.yaml") != nil && !nearby.names($0 + "templates").isEmpty }
    }

    /// Many charts have a default registry and write it before `repository`. Then the values have to set the registry.
    private static func unknownChart(of finding: Finding) -> String {
        if let registry = finding.commonRegistry {
            return
                "its chart was not read; if no template puts \(registry) before this name, set the whole name instead"
        }
        return
            "its chart was not read; if a template puts a registry before this name, set that registry in the values instead"
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

    /// As patches name a file: from the current folder where it is below that.
    private func shown(_ resolved: String) -> String {
        guard let folder = Files.resolved("."), resolved.hasPrefix(folder + "/") else { return resolved }
        return String(resolved.dropFirst(folder.count + 1))
    }
}
