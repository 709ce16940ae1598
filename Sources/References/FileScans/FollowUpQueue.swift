// SPDX-License-Identifier: Apache-2.0

import FileTree
import OCI
import Scanning

/// Scans files that scanned files name and that the walk did not visit: Dockerfiles with other names, kustomize bases
/// elsewhere, and resources about which a kustomize configuration says more.
struct FollowUpQueue {
    /// A file, and what another file says about it.
    private struct Entry {
        var path: String
        var kind: FollowUp.Kind
    }

    private let scanner: FileScanner
    private var seen: Set<FileFacts.Identity>
    private var queue: [Entry] = []
    /// Steps that were already followed. Files that name each other are scanned once.
    private var followed: Set<Step> = []
    /// The number of times a file was read because of what others say about it.
    private var readings: [FileFacts.Identity: Int] = [:]
    /// The most readings of one file. A file that names itself may say something different each time, without end.
    private static let readingLimit = 1024

    /// Findings that were reported. Several files may lead to the same one.
    private var told: Set<Told> = []

    private struct Told: Hashable {
        let identity: FileFacts.Identity
        let kind: FindingKind
        let range: Range<Int>
        let meaning: Finding.Meaning
    }

    private struct Step: Hashable {
        let identity: FileFacts.Identity
        let kind: FollowUp.Kind
    }

    /// Folders above which nothing is searched, as normalized paths.
    private let tops: Set<String>

    /// What the first scans of some files found, by the files' paths. If several files name one file, its first scan is
    /// repeated only once.
    private var known: [String: [Finding]] = [:]
    /// The most files in `known`, to bound its memory.
    private static let mostKnown = 64

    /// - Parameter roots: folders that are searched completely.
    init(scanner: FileScanner, seen: Set<FileFacts.Identity>, roots: [String]) {
        self.scanner = scanner
        self.seen = seen
        tops = Set(roots.map(FilePath.normalized))
    }

    mutating func run(
        _ followUps: [(file: String, followUp: FollowUp)], _ receive: (FileReport) -> Void
    ) {
        for (file, followUp) in followUps { enqueue(followUp, namedBy: file) }
        joinRecipes()
        var position = 0
        while position < queue.count {
            let entry = queue[position]
            position += 1
            guard let facts = FileFacts(path: entry.path) else {
                if entry.path.contains("*") { enqueue(pattern: entry.path, entry.kind) }
                continue
            }
            guard followed.insert(Step(identity: facts.identity, kind: entry.kind)).inserted else { continue }
            readings[facts.identity, default: 0] += 1
            if readings[facts.identity, default: 0] > Self.readingLimit { continue }
            follow(entry, facts, receive)
        }
    }

    /// Joins what all templates of a chart make of its values, to search for it at once.
    private mutating func joinRecipes() {
        var positions: [String: Int] = [:]
        var joined: [Entry] = []
        for entry in queue {
            guard case .chartValues(let uses) = entry.kind else {
                joined.append(entry)
                continue
            }
            if let position = positions[entry.path], case .chartValues(let known) = joined[position].kind {
                joined[position].kind = .chartValues(known.merging(uses))
            } else {
                positions[entry.path] = joined.count
                joined.append(entry)
            }
        }
        queue = joined
    }

    private mutating func enqueue(_ followUp: FollowUp, namedBy file: String) {
        var kind = followUp.kind
        if case .kustomizeConfiguration(let resources) = kind {
            kind = .kustomizeConfiguration(resources: resources.map { Self.path($0, from: file) })
        }
        if case .composePart(let environment) = kind {
            kind = .composePart(environment: environment.map { Self.path($0, from: file) })
        }
        if case .dockerfile(var arguments) = kind {
            arguments.file = file
            kind = .dockerfile(arguments)
        }
        if case .gitlabPart(nil, let settings, let inputs) = kind {
            kind = .gitlabPart(project: Self.path("pipeline", from: file), settings: settings, inputs: inputs)
        }
        queue.append(Entry(path: place(of: followUp, from: file), kind: kind))
    }

    // MARK: - Paths

    /// The place to which a path leads. Of several paths, the first one that leads to a file.
    private func place(of followUp: FollowUp, from file: String) -> String {
        let first = Self.path(followUp.path, from: file)
        let paths = [followUp.path] + followUp.alternatives
        let bases = followUp.start == .above ? folders(above: file) : [FilePath.folder(of: file)]
        guard paths.count + bases.count > 2 else { return first }
        for path in paths {
            for base in bases {
                let place = Self.path(path, from: base)
                // A pattern leads to where its folder is.
                if place.contains("*"), FileFacts(path: Self.cut(pattern: place).folder)?.kind == .folder {
                    return place
                }
                if let found = FileFacts(path: place)?.kind, found == .file || isFolder(followUp.kind, found) {
                    return place
                }
            }
        }
        return first
    }

    /// Whether a folder may be meant: one with a kustomization in it.
    private func isFolder(_ kind: FollowUp.Kind, _ found: FileFacts.Kind) -> Bool {
        if case .resources = kind { found == .folder } else { false }
    }

    /// The folder of a file and the folders above it, up to the project's: a folder that was to be searched, or one
    /// that git tracks.
    private func folders(above file: String) -> [String] {
        var folders = [FilePath.folder(of: file)]
        while folders.count < Self.levelLimit, let folder = folders.last, !tops.contains(FilePath.normalized(folder)),
            !folder.isEmpty, folder != "/", folder != "./", !folder.hasSuffix("../"),
            FileFacts(path: folder + ".git") == nil
        {
            folders.append(FilePath.folder(of: String(folder.dropLast())))
        }
        // The root of the project is unknown. The whole file system is not a project.
        return folders.last == "/" && !tops.contains("/") ? Array(folders.prefix(1)) : folders
    }

    /// The most folders above each other that are tried.
    private static let levelLimit = 32

    private mutating func follow(_ entry: Entry, _ facts: FileFacts, _ receive: (FileReport) -> Void) {
        switch (entry.kind, facts.kind) {
        case (_, .other): return
        case (.chartValues(let uses), _) where uses.recipes.isEmpty && !uses.hasUnsure: return
        case (.resources, .folder):
            for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
                let path = entry.path + "/" + name
                guard FileFacts(path: path)?.kind == .file else { continue }
                return queue.append(Entry(path: path, kind: entry.kind))
            }
        case (.kustomizeConfiguration(let resources), .file):
            guard let bytes = try? FileReader.read(entry.path).bytes else { return }
            let rules = FileScanner.kustomizeRules(bytes)
            if !rules.isEmpty { queue += resources.map { Entry(path: $0, kind: .resources(rules)) } }
        case (_, .file): scan(entry, facts, receive)
        default: return
        }
    }

    /// Scans a file with what another file says about it. For a file that was scanned before, reports only what is new.
    private mutating func scan(_ entry: Entry, _ facts: FileFacts, _ receive: (FileReport) -> Void) {
        // Templates matter only for values that are part of the scan.
        if case .chartValues(let uses) = entry.kind, uses.isOfOthers, !seen.contains(facts.identity) { return }
        let isNew = seen.insert(facts.identity).inserted
        if !isNew, saysNothing(entry.kind, of: entry.path) { return }
        if !isNew, case .values = entry.kind, FileKind(path: entry.path) == .helmValues {
            var report = FileReport(file: entry.path)
            report.given = entry.kind
            return receive(report)
        }
        guard let bytes = try? FileReader.read(entry.path).bytes else { return }
        var result = scan(bytes, of: entry, isNew: isNew)
        for followUp in result.followUps { enqueue(followUp, after: entry) }
        let refuted = isNew ? [] : leaveOutKnown(of: &result, bytes, entry)
        result.findings.removeAll { finding in
            let told = Told(
                identity: facts.identity, kind: finding.kind, range: finding.range, meaning: finding.meaning)
            return !self.told.insert(told).inserted
        }
        var report = FileReport(entry.path, bytes: bytes, result: result)
        (report.followed, report.given) = (entry.kind, entry.kind)
        report.refuted = refuted
        receive(report)
    }

    private func scan(_ bytes: [UInt8], of entry: Entry, isNew: Bool) -> ScanResult {
        var result: ScanResult
        if !isNew, case .chartValues(let uses) = entry.kind {
            result = ScanResult()
            result.findings = scanner.findings(in: bytes, of: uses, ScanRun.nearby(of: entry.path))
        } else {
            result = scanner.scan(
                bytes, kind: FileKind(path: entry.path), followed: entry.kind,
                in: ScanRun.nearby(of: entry.path, entry.kind))
        }
        // Rules also apply to the files of a base.
        result.followUps = result.followUps.map { followUp in
            guard case .resources(let rules) = entry.kind, case .resources = followUp.kind else { return followUp }
            return FollowUp(path: followUp.path, kind: .resources(rules))
        }
        return result
    }

    /// Removes what the first scan of the file has reported.
    ///
    /// - Returns: findings of the first scan that the other file shows to be wrong.
    private mutating func leaveOutKnown(of result: inout ScanResult, _ bytes: [UInt8], _ entry: Entry) -> [Finding] {
        result.problems = []
        result.warnings = []
        guard !result.findings.isEmpty || entry.kind.hasUnsure else { return [] }
        let known = knownFindings(in: bytes, at: entry.path)
        guard case .chartValues(let uses) = entry.kind else {
            result.findings.removeAll { finding in known.contains { $0.saysSame(as: finding) } }
            return []
        }
        let unsure = scanner.unsure(known, in: bytes, by: uses)
        let refuted = scanner.refuted(known, in: bytes, by: uses)
        let rest = known.filter { !refuted.contains($0) }
        result.findings.removeAll { finding in rest.contains { $0.saysSame(as: finding) } }
        result.findings = (result.findings + unsure.values).inFileOrder
        return refuted + unsure.keys
    }

    /// The findings of the file's first scan, which did not know what other files say about it.
    private mutating func knownFindings(in bytes: [UInt8], at path: String) -> [Finding] {
        if let findings = known[path] { return findings }
        let findings = scanner.scan(bytes, kind: FileKind(path: path), in: ScanRun.nearby(of: path)).findings
        if known.count >= Self.mostKnown { known.removeAll() }
        known[path] = findings
        return findings
    }

    private mutating func enqueue(_ followUp: FollowUp, after entry: Entry) {
        if case .gitlabPart(let project?, let settings, _) = entry.kind,
            case .gitlabPart(_, _, let inputs) = followUp.kind
        {
            let kind = FollowUp.Kind.gitlabPart(project: project, settings: settings, inputs: inputs)
            queue.append(Entry(path: Self.path(followUp.path, from: project), kind: kind))
        } else {
            enqueue(followUp, namedBy: entry.path)
        }
    }

    /// Whether the other file says nothing about a file that the file does not say itself.
    private func saysNothing(_ kind: FollowUp.Kind, of path: String) -> Bool {
        switch kind {
        case .resources(let rules): rules.isEmpty
        case .dockerfile(let arguments): arguments.isEmpty && FileKind(path: path) == .dockerfile
        case .named(let kind): FileKind(path: path) == kind
        default: false
        }
    }

    /// The folder before the first mark of a pattern, and the rest.
    private static func cut(pattern: String) -> (folder: String, rest: String) {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.prefix { !$0.contains("*") }.joined(separator: "/")
        return (folder.isEmpty ? "." : folder, parts.drop { !$0.contains("*") }.joined(separator: "/"))
    }

    /// Adds the files that a pattern matches: parts of a pipeline, files of a module.
    private mutating func enqueue(pattern: String, _ kind: FollowUp.Kind) {
        let (root, rest) = Self.cut(pattern: pattern)
        guard FileFacts(path: root)?.kind == .folder else { return }
        let matching = PathPattern(rest)
        for file in FileWalk(root: root, honoursIgnoreFiles: true, isWanted: { matching.matches($0) }) {
            queue.append(Entry(path: pattern.hasPrefix(root + "/") ? file : String(file.dropFirst(2)), kind: kind))
        }
    }

    private static func path(_ path: String, from file: String) -> String {
        if path.hasPrefix("/") { return path }
        let whole = FilePath.folder(of: file) + path
        let text = FilePath.normalized(whole)
        // The path has the form in which the walk named the first file.
        return whole.hasPrefix("./") && !text.hasPrefix("..") ? "./" + text : text.isEmpty ? "." : text
    }
}
