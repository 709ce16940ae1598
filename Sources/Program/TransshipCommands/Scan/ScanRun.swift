// SPDX-License-Identifier: Apache-2.0

import FileTree
import OCI
import Scanning

/// Scans files, folders and texts: several files at once, reported in the order they were met.
struct ScanRun: Sendable {
    /// Something to search, as the user named it.
    enum Root: Sendable {
        case file(String)
        case folder(String)
        /// A text that stands in no file: standard input, a cluster's answer.
        case text([UInt8], name: String)
    }

    /// What one file gave.
    struct FileReport: Sendable {
        var file: String
        var findings: [LocatedFinding] = []
        var problems: [String] = []
        var warnings: [String] = []
        /// What was found in the file before, and is no image as another file shows.
        var refuted: [Finding] = []
        /// What looks like an image besides.
        var guesses: [Finding] = []
        var followUps: [FollowUp] = []
        /// What the file says besides of what is built and replaced.
        var result: ScanResult?
        var identity: FileFacts.Identity?
        /// Files that ignore files leave out, where a walk says so.
        var skipped = 0
        /// What another file said about this one, where that led to it.
        var followed: FollowUp.Kind?
    }

    let roots: [Root]
    let scanner: FileScanner
    var kinds = KindFilter()
    var honoursIgnoreFiles = true
    /// Files under way at once, in bundles.
    var workers = 2

    private static let bundle = 32

    /// - Parameter receive: called in a stable order, from this task only.
    func execute(_ receive: (FileReport) -> Void) async {
        var seen: Set<FileFacts.Identity> = []
        var followUps: [(file: String, followUp: FollowUp)] = []
        await inOrder { report in
            if let identity = report.identity { seen.insert(identity) }
            followUps += report.followUps.map { (report.file, $0) }
            receive(report)
        }
        var follower = FollowUpQueue(scanner: scanner, seen: seen)
        follower.run(followUps, receive)
    }

    private func inOrder(_ receive: (FileReport) -> Void) async {
        await withTaskGroup(of: (Int, [FileReport]).self) { group in
            var source = ScanSource(roots: roots, kinds: kinds, honoursIgnoreFiles: honoursIgnoreFiles)
            var waiting: [Int: [FileReport]] = [:]
            var (launched, shown) = (0, 0)
            func launch() {
                // Far ahead of what is shown, reports would pile up.
                while launched - shown < workers * 4, !Task.isCancelled {
                    let items = source.next(Self.bundle)
                    if items.isEmpty { return }
                    let number = launched
                    group.addTask { (number, items.map(scan)) }
                    launched += 1
                }
            }
            launch()
            while let (number, reports) = await group.next() {
                waiting[number] = reports
                while let reports = waiting.removeValue(forKey: shown) {
                    reports.forEach(receive)
                    shown += 1
                }
                launch()
            }
            if source.skipped > 0 { receive(FileReport(file: "", skipped: source.skipped)) }
            for failure in source.failures { receive(FileReport(file: failure.path, problems: [failure.text])) }
        }
    }

    private func scan(_ item: ScanSource.Item) -> FileReport {
        switch item {
        case .text(let bytes, let name):
            return Self.report(name, bytes, scanner.scan(bytes, kind: nil))
        case .file(let path, let isNamed):
            return scan(path: path, isNamed: isNamed)
        }
    }

    /// - Parameter isNamed: the user asked for this very file; then its size is no matter.
    private func scan(path: String, isNamed: Bool) -> FileReport {
        do throws(ReadFailure) {
            let (bytes, identity) = try FileReader.read(path, limit: isNamed ? nil : FileReader.sizeLimit)
            let result = scanner.scan(bytes, kind: FileKind(path: path), in: Self.nearby(of: path))
            var report = Self.report(path, bytes, result)
            report.identity = identity
            return report
        } catch {
            // What a walk meets by its name alone may well be something else.
            if !isNamed, error == .binary || error == .notAFile { return FileReport(file: path) }
            return FileReport(file: path, problems: ["\(path.displayable): \(error.text)"])
        }
    }

    /// - Parameter followed: what led to the file; that may name files elsewhere.
    static func nearby(of path: String, _ followed: FollowUp.Kind? = nil) -> NearbyFiles {
        let folder = FilePath.folder(of: path)
        let isNamedElsewhere = if case .composePart? = followed { true } else { false }
        return NearbyFiles(
            name: String(path.dropFirst(folder.count)),
            names: { FolderListing.files(in: folder.isEmpty && $0.isEmpty ? "." : folder + $0) },
            read: { try? FileReader.read(isNamedElsewhere ? $0 : folder + $0).bytes })
    }

    static func report(_ file: String, _ bytes: [UInt8], _ result: ScanResult) -> FileReport {
        var report = FileReport(file: file)
        report.followUps = result.followUps
        report.guesses = result.guesses
        if !result.products.isEmpty || result.isKustomization { report.result = result }
        guard !result.findings.isEmpty || !result.problems.isEmpty || !result.warnings.isEmpty else { return report }
        let lines = LineTable(bytes)
        report.findings = result.findings.map { LocatedFinding($0, file: file, bytes: bytes, lines: lines) }
        func told(_ problem: ScanProblem) -> String {
            let place = problem.offset.map { lines.position(of: min($0, bytes.count)) }
            return file.displayable + (place.map { ":\($0.line):\($0.column)" } ?? "") + ": " + problem.message
        }
        report.problems = result.problems.map(told)
        report.warnings = result.warnings.map(told)
        return report
    }
}

/// The files of a scan, one after the other.
struct ScanSource {
    enum Item: Sendable {
        case text([UInt8], name: String)
        case file(String, isNamed: Bool)
    }

    private var roots: ArraySlice<ScanRun.Root>
    private let honoursIgnoreFiles: Bool
    private let kinds: KindFilter
    private var walk: FileWalk?
    private(set) var failures: [(path: String, text: String)] = []
    /// Files that ignore files leave out.
    private(set) var skipped = 0

    init(roots: [ScanRun.Root], kinds: KindFilter = KindFilter(), honoursIgnoreFiles: Bool) {
        self.roots = roots[...]
        self.kinds = kinds
        self.honoursIgnoreFiles = honoursIgnoreFiles
    }

    /// Up to `count` items; none at the end.
    mutating func next(_ count: Int) -> [Item] {
        var items: [Item] = []
        while items.count < count, let item = next() { items.append(item) }
        return items
    }

    private mutating func next() -> Item? {
        while true {
            if let path = walk?.next() { return .file(path, isNamed: false) }
            if let walk { failures += walk.failures.map { ($0.path, "\($0.path.displayable): \($0.reason.text)") } }
            skipped += walk?.ignored ?? 0
            walk = nil
            switch roots.popFirst() {
            case nil: return nil
            case .file(let path): return .file(path, isNamed: true)
            case .text(let bytes, let name): return .text(bytes, name: name)
            case .folder(let path):
                walk = FileWalk(root: path, honoursIgnoreFiles: honoursIgnoreFiles) { [kinds] path in
                    FileKind(path: path).map(kinds.keeps) ?? false
                }
            }
        }
    }
}
