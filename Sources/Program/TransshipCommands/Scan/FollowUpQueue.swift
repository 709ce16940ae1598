// SPDX-License-Identifier: Apache-2.0

import FileTree
import OCI
import Scanning

/// Scans what scanned files name and the walk did not meet: Dockerfiles of other names, kustomize bases elsewhere,
/// resources that a kustomize configuration says more about.
struct FollowUpQueue {
    private let scanner: FileScanner
    private var seen: Set<FileFacts.Identity>
    private var queue: [(path: String, kind: FollowUp.Kind)] = []
    /// What was followed already, so that circles end.
    private var followed: Set<Step> = []

    /// What several files led to is told once.
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

    init(scanner: FileScanner, seen: Set<FileFacts.Identity>) {
        self.scanner = scanner
        self.seen = seen
    }

    mutating func run(
        _ followUps: [(file: String, followUp: FollowUp)], _ receive: (ScanRun.FileReport) -> Void
    ) {
        for (file, followUp) in followUps { enqueue(followUp, namedBy: file) }
        joinRecipes()
        var position = 0
        while position < queue.count {
            let (path, kind) = queue[position]
            position += 1
            guard let facts = FileFacts(path: path) else {
                if path.contains("*") { enqueue(pattern: path, kind) }
                continue
            }
            guard followed.insert(Step(identity: facts.identity, kind: kind)).inserted else { continue }
            follow(path, facts, kind, receive)
        }
    }

    /// What all templates of a chart make of its values is looked for at once.
    private mutating func joinRecipes() {
        var positions: [String: Int] = [:]
        var joined: [(path: String, kind: FollowUp.Kind)] = []
        for (path, kind) in queue {
            guard case .chartValues(let uses) = kind else {
                joined.append((path, kind))
                continue
            }
            if let position = positions[path], case .chartValues(let known) = joined[position].kind {
                joined[position].kind = .chartValues(known.merging(uses))
            } else {
                positions[path] = joined.count
                joined.append((path, kind))
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
        if case .gitlabPart(nil) = kind { kind = .gitlabPart(project: Self.path("pipeline", from: file)) }
        queue.append((Self.path(followUp.path, from: file), kind))
    }

    private mutating func follow(
        _ path: String, _ facts: FileFacts, _ kind: FollowUp.Kind, _ receive: (ScanRun.FileReport) -> Void
    ) {
        switch (kind, facts.kind) {
        case (_, .other): return
        case (.chartValues(let uses), _) where uses.recipes.isEmpty: return
        case (.resources, .folder):
            for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
                guard FileFacts(path: path + "/" + name)?.kind == .file else { continue }
                return queue.append((path + "/" + name, kind))
            }
        case (.kustomizeConfiguration(let resources), .file):
            guard let bytes = try? FileReader.read(path).bytes else { return }
            let rules = FileScanner.kustomizeRules(bytes)
            if !rules.isEmpty { queue += resources.map { ($0, .resources(rules)) } }
        case (_, .file): scan(path, facts, kind, receive)
        default: return
        }
    }

    /// A file that was scanned before gives only what is new in the light of what is known now.
    private mutating func scan(
        _ path: String, _ facts: FileFacts, _ kind: FollowUp.Kind, _ receive: (ScanRun.FileReport) -> Void
    ) {
        let isNew = seen.insert(facts.identity).inserted
        // Nobody says more of the file than it says itself.
        if !isNew, case .resources(let rules) = kind, rules.isEmpty { return }
        guard let bytes = try? FileReader.read(path).bytes else { return }
        var result: ScanResult
        var refuted: [Finding] = []
        if !isNew, case .chartValues(let uses) = kind {
            result = ScanResult()
            result.findings = scanner.findings(in: bytes, of: uses.recipes)
        } else {
            result = scanner.scan(
                bytes, kind: FileKind(path: path), followed: kind, in: ScanRun.nearby(of: path, kind))
        }
        // Rules hold for what a base is made of, too.
        result.followUps = result.followUps.map { followUp in
            guard case .resources(let rules) = kind, case .resources = followUp.kind else { return followUp }
            return FollowUp(path: followUp.path, kind: .resources(rules))
        }
        for followUp in result.followUps {
            if case .gitlabPart(let project?) = kind, case .gitlabPart = followUp.kind {
                queue.append((Self.path(followUp.path, from: project), kind))
            } else {
                enqueue(followUp, namedBy: path)
            }
        }
        if !isNew {
            if !result.findings.isEmpty {
                let known = scanner.scan(bytes, kind: FileKind(path: path), in: ScanRun.nearby(of: path))
                if case .chartValues(let uses) = kind {
                    refuted = scanner.refuted(known.findings, in: bytes, by: uses)
                }
                result.findings.removeAll { finding in known.findings.contains { $0.saysSame(as: finding) } }
            }
            result.problems = []
            result.warnings = []
        }
        result.findings.removeAll { finding in
            let told = Told(
                identity: facts.identity, kind: finding.kind, range: finding.range, meaning: finding.meaning)
            return !self.told.insert(told).inserted
        }
        var report = ScanRun.report(path, bytes, result)
        report.followed = kind
        report.refuted = refuted
        receive(report)
    }

    /// The files that a pattern names (docs.gitlab.com, "include:local": `*` and `**`).
    private mutating func enqueue(pattern: String, _ kind: FollowUp.Kind) {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.prefix { !$0.contains("*") }.joined(separator: "/")
        let glob = Array(parts.drop { !$0.contains("*") }.joined(separator: "/").utf8)
        let root = folder.isEmpty ? "." : folder
        guard FileFacts(path: root)?.kind == .folder else { return }
        let walk = FileWalk(root: root, honoursIgnoreFiles: true) { Glob.matches(glob[...], Array($0.utf8)[...]) }
        for file in walk {
            queue.append((folder.isEmpty ? String(file.dropFirst(2)) : file, kind))
        }
    }

    private static func path(_ path: String, from file: String) -> String {
        if path.hasPrefix("/") { return path }
        let whole = FilePath.folder(of: file) + path
        let text = FilePath.normalized(whole)
        // As the walk that met the first file names its own.
        return whole.hasPrefix("./") && !text.hasPrefix("..") ? "./" + text : text.isEmpty ? "." : text
    }
}
