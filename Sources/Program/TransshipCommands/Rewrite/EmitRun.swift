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

/// Writes files that make copies take effect, without a change to the files that name the images.
struct EmitRun {
    let scan: ScanRun
    let mapping: RewriteMapping
    let format: OverlayFormat
    /// nil: standard output.
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
        var sources = OverlaySources()
        var made = MadeImages()
        await scan.execute { report in
            (report.problems + report.warnings).forEach { console.note("warning: " + $0) }
            if let result = report.result { made.add(result, of: report.file) }
            do throws(UnreadFile) {
                try sources.add(report.findings.map(\.finding), of: report.file, refuted: report.refuted) {
                    file throws(UnreadFile) in try source(file, texts)
                }
            } catch {
                console.note("warning: \(report.file.displayable): left out: \(error.text)")
            }
        }
        return (sources.all, made)
    }

    private func source(_ file: String, _ texts: [String: [UInt8]]) throws(UnreadFile) -> OverlaySource {
        let bytes = if let text = texts[file] { text } else { try Self.read(file, upTo: nil) }
        let chart = try ChartPlace(of: file, isFile: FileBytes.isFile) { path throws(UnreadFile) in
            try Self.read(path, upTo: FileReader.sizeLimit)
        }
        return OverlaySource(file: file, bytes: bytes, chart: chart)
    }

    /// A file that the scan has read, or one beside it.
    private struct UnreadFile: Error {
        var path: String
        var failure: ReadFailure
        var text: String { "\(path.displayable) cannot be read: \(failure.text.displayable)" }
    }

    private static func read(_ path: String, upTo limit: Int?) throws(UnreadFile) -> [UInt8] {
        do throws(ReadFailure) { return try FileReader.read(path, limit: limit).bytes } catch {
            throw UnreadFile(path: path, failure: error)
        }
    }

    /// Texts without a file, by name.
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

    /// Writes all files or none: checks for existing files before it creates the first one.
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
