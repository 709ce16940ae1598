// SPDX-License-Identifier: Apache-2.0

import FileScans
import FileTree
import OCI
import Overlays
import Reporting
import Rewriting
import Scanning

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes what points to copies without a change to the files that name the images.
struct EmitRun {
    let scan: ScanRun
    let mapping: RewriteMapping
    let format: OverlayFormat
    /// Nil: standard output.
    let folder: String?

    func execute(_ console: Console, _ interruption: Interruption) async throws -> ExitStatus {
        let (all, made) = await sources(console)
        if let status = interruption.status { return status }
        let sources = all.map { source in
            var source = source
            source.findings.removeAll { made.holds($0, in: source.file) }
            return source
        }
        let overlay = Overlay(format, sources, decide: mapping.wholeDecision, decideName: mapping.nameDecision)
        tell(overlay.uncovered, of: sources, console)
        guard !overlay.files.isEmpty else {
            console.note("nothing to write: no image found here has a copy that \(format.rawValue) could name")
            return .success
        }
        if let folder {
            try write(overlay.files, to: folder, console)
        } else {
            try print(overlay.files, console)
        }
        return .success
    }

    // MARK: - What was found

    private func sources(_ console: Console) async -> ([OverlaySource], MadeImages) {
        let texts = texts
        var sources: [OverlaySource] = []
        var positions: [String: Int] = [:]
        var made = MadeImages()
        await scan.execute { report in
            (report.problems + report.warnings).forEach { console.note("warning: " + $0) }
            if let result = report.result { made.add(result, of: report.file) }
            let findings = report.findings.map(\.finding)
            if let position = positions[report.file], !report.refuted.isEmpty {
                sources[position].findings.removeAll(where: report.refuted.contains)
            }
            guard !findings.isEmpty else { return }
            if let position = positions[report.file] {
                // By another way of reading it.
                let known = Set(sources[position].findings)
                sources[position].findings += findings.filter { !known.contains($0) }
            } else if let bytes = texts[report.file] ?? (try? FileReader.read(report.file, limit: nil).bytes) {
                positions[report.file] = sources.count
                sources.append(
                    OverlaySource(
                        file: report.file, bytes: bytes, findings: findings, chart: ChartFolders.place(of: report.file))
                )
            }
        }
        return (sources, made)
    }

    /// What stands in no file, by name.
    private var texts: [String: [UInt8]] {
        scan.roots.reduce(into: [:]) { texts, root in
            if case .text(let bytes, let name) = root { texts[name] = texts[name] ?? bytes }
        }
    }

    private func tell(_ uncovered: [Uncovered], of sources: [OverlaySource], _ console: Console) {
        let bytes = Dictionary(sources.map { ($0.file, $0.bytes) }) { first, _ in first }
        var tables: [String: LineTable] = [:]
        for one in uncovered {
            let table = tables[one.file] ?? LineTable(bytes[one.file] ?? [])
            tables[one.file] = table
            let line = table.position(of: one.finding.range.lowerBound).line
            console.note(
                "not covered: \(one.file.displayable):\(line): \(one.finding.text.displayable): \(one.reason.displayable)"
            )
        }
    }

    // MARK: - Output

    private func print(_ files: [OverlayFile], _ console: Console) throws {
        guard files.count == 1 else {
            let names = files.prefix(4).map(\.path.displayable).joined(separator: ", ") + (files.count > 4 ? ", …" : "")
            throw CommandFailure.usage(
                ["\(files.count) files do not fit on standard output: \(names)"],
                hint: "name a folder: --emit-dir FOLDER")
        }
        console.output(bytes: Array(files[0].text.utf8))
    }

    /// All or none: what somebody else has written is looked for before the first file is made.
    private func write(_ files: [OverlayFile], to folder: String, _ console: Console) throws {
        let root = folder.hasSuffix("/") ? folder : folder + "/"
        for file in files {
            guard let old = try FileBytes.readIfPresent(root + file.path) else { continue }
            guard old.starts(with: OverlayFile.mark.utf8) else {
                throw CommandFailure(
                    "cannot write \((root + file.path).displayable): it exists, and --emit has not made it; nothing was written",
                    hint: "move it away, or name another folder and merge the two by hand")
            }
        }
        for file in files {
            let path = root + file.path
            do {
                try FileManager.default.createDirectory(
                    atPath: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]),
                    withIntermediateDirectories: true)
            } catch {
                throw CommandFailure("cannot make the folder of \(path.displayable)")
            }
            try FileBytes.write(file.text, to: path)
            console.note("wrote \(path.displayable)")
        }
    }
}

/// Finds the charts that files of values belong to.
enum ChartFolders {
    /// - Returns: nil for a file that stands in no chart's folder.
    static func place(of file: String) -> ChartPlace? {
        var folder = parent(file)
        guard isChart(folder) else { return nil }
        var prefixes: [[String]] = [[]]
        // A dependency stands in `charts/NAME` of the chart that needs it.
        while name(parent(folder)) == "charts", isChart(parent(parent(folder))) {
            let outer = parent(parent(folder))
            let bytes = (try? FileReader.read(outer + "/Chart.yaml").bytes) ?? []
            let keys = ChartFile.keys(of: name(folder), in: bytes)
            prefixes = keys.flatMap { key in prefixes.map { [key] + $0 } }
            folder = outer
        }
        return ChartPlace(folder: folder, prefixes: prefixes)
    }

    private static func isChart(_ folder: String) -> Bool { FileBytes.isFile(folder + "/Chart.yaml") }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path == "." ? ".." : "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func name(_ path: String) -> String {
        String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
    }
}
