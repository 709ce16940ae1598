// SPDX-License-Identifier: Apache-2.0

import FileTree
import OCI
package import Scanning

/// Scans files, folders and texts. Several files are scanned at once and reported in the order in which they were
/// found.
package struct ScanRun: Sendable {
    /// Something to search, as the user named it.
    package enum Root: Sendable {
        case file(String)
        case folder(String)
        /// A text that is not in a file: standard input, or a cluster's answer.
        case text([UInt8], name: String)
    }

    package let roots: [Root]
    package let scanner: FileScanner
    private let kinds: KindFilter
    private let honoursIgnoreFiles: Bool
    private let workers: Int

    /// - Parameters:
    ///   - kinds: the kinds of findings. Files in folders are skipped if their names show that they hold no such
    ///     finding.
    ///   - honoursIgnoreFiles: whether files that `.gitignore` names are left out.
    ///   - workers: the number of bundles of files to scan at the same time. Up to four times as many are started
    ///     ahead.
    package init(
        roots: [Root], scanner: FileScanner, kinds: KindFilter = KindFilter(), honoursIgnoreFiles: Bool = true,
        workers: Int = 2
    ) {
        self.roots = roots
        self.scanner = scanner
        self.kinds = kinds
        self.honoursIgnoreFiles = honoursIgnoreFiles
        self.workers = workers
    }

    private static let bundle = 32

    /// - Parameter receive: called in a stable order, from this task only.
    package func execute(_ receive: (FileReport) -> Void) async {
        var seen: Set<FileFacts.Identity> = []
        var followUps: [(file: String, followUp: FollowUp)] = []
        var (tasks, values) = (TaskCalls(), ValuesCalls())
        await inOrder { report in
            tasks.add(report)
            values.add(report)
            if let identity = report.identity { seen.insert(identity) }
            followUps += report.followUps.map { (report.file, $0) }
            receive(report)
        }
        followUps += tasks.followUps + values.followUps
        for case .file(let path) in roots {
            guard let values = GivenValues(path: path) else { continue }
            followUps += values.followUps(scanner, besides: seen, honoursIgnoreFiles: honoursIgnoreFiles)
        }
        let folders = roots.compactMap { if case .folder(let path) = $0 { path } else { nil } }
        var follower = FollowUpQueue(scanner: scanner, seen: seen, roots: folders)
        follower.run(followUps, receive)
    }

    private func inOrder(_ receive: (FileReport) -> Void) async {
        await withTaskGroup(of: (Int, [FileReport]).self) { group in
            var source = ScanSource(roots: roots, kinds: kinds, honoursIgnoreFiles: honoursIgnoreFiles)
            var waiting: [Int: [FileReport]] = [:]
            var (launched, shown) = (0, 0)
            func launch() {
                // If scanning got far ahead of reporting, reports would pile up.
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
            return FileReport(name, bytes: bytes, result: scanner.scan(bytes, kind: nil))
        case .file(let path, let isNamed):
            return scan(path: path, isNamed: isNamed)
        }
    }

    /// - Parameter isNamed: whether the user named this file. Then its size does not matter.
    private func scan(path: String, isNamed: Bool) -> FileReport {
        do throws(ReadFailure) {
            let (bytes, identity) = try FileReader.read(path, limit: isNamed ? nil : FileReader.sizeLimit)
            let result = scanner.scan(bytes, kind: FileKind(path: path), in: Self.nearby(of: path))
            var report = FileReport(path, bytes: bytes, result: result)
            report.identity = identity
            return report
        } catch {
            // A file that a walk finds only by its name may be something else.
            if !isNamed, error == .binary || error == .notAFile { return FileReport(file: path) }
            return FileReport(file: path, problems: ["\(path.displayable): \(error.text)"])
        }
    }

    /// The files beside a file that decide a part of its meaning.
    ///
    /// - Parameter followed: what led to the file. It may name files elsewhere.
    package static func nearby(of path: String, _ followed: FollowUp.Kind? = nil) -> NearbyFiles {
        let folder = FilePath.folder(of: path)
        let isNamedElsewhere = if case .composePart? = followed { true } else { false }
        let absent = AbsentFiles()
        return NearbyFiles(
            name: String(path.dropFirst(folder.count)),
            names: { FolderListing.files(in: folder.isEmpty && $0.isEmpty ? "." : folder + $0) },
            folders: { FolderListing.folders(in: folder.isEmpty && $0.isEmpty ? "." : folder + $0) },
            exists: { FileFacts(path: folder + $0) != nil },
            read: { name in
                absent.unlessKnown(name) { try? FileReader.read(isNamedElsewhere ? name : folder + name).bytes }
            })
    }
}

/// Remembers the files beside a file that could not be read, so that each is tried only once.
private final class AbsentFiles {
    private var names: Set<String> = []

    /// - Parameter read: returns nil if there is no such file.
    func unlessKnown(_ name: String, read: () -> [UInt8]?) -> [UInt8]? {
        guard !names.contains(name) else { return nil }
        let bytes = read()
        if bytes == nil { names.insert(name) }
        return bytes
    }
}
