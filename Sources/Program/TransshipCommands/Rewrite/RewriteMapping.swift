// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Reporting
import Rewriting
import Scanning

extension RewriteMapping {
    /// Reads `--map-file`: a run's report, or a list.
    ///
    /// - Throws: `CommandFailure` for a file that is neither, and for a list if digests are wanted.
    init(file: String?, target: TargetOptions, filter: RegistryFilter, isPinned: Bool) throws {
        guard let file else {
            guard let rule = try target.onlyRule() else {
                throw CommandFailure.usage(["--to or --map-file must say where the copies are"])
            }
            self.init(images: .rule(rule), filter: filter)
            return
        }
        let bytes = try FileBytes.read(file)
        if bytes.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
            let items = try Self.report(bytes, file)
            let pins = items.compactMap { item in item.digest.map { (item.target, $0) } }
            self.init(
                images: ImageMapping(pairs: items.map { ($0.source, $0.target) }), filter: filter,
                pins: isPinned ? Dictionary(pins) { first, _ in first } : nil)
        } else {
            guard !isPinned else {
                throw CommandFailure.usage(["--pin needs the digests of a report, and \(file.displayable) is a list"])
            }
            self.init(images: ImageMapping(pairs: try Self.list(file, target)), filter: filter)
        }
    }

    // MARK: - Files

    private struct Arrived {
        var source: Reference
        var target: Reference
        var digest: Digest?
    }

    /// The images of a report that are at their target.
    private static func report(_ bytes: [UInt8], _ file: String) throws -> [Arrived] {
        let report: RunReport
        do throws(ReportError) { report = try RunReport(reading: bytes) } catch {
            throw CommandFailure.usage(["cannot use \(file.displayable) as a report: \(error)"])
        }
        return report.items.filter(\.hasArrived).compactMap { item in
            guard let source = reference(item.name.source), let target = reference(item.name.target) else { return nil }
            return Arrived(source: source, target: target, digest: item.digest)
        }
    }

    /// nil for a layout folder, which a file cannot name as an image.
    private static func reference(_ text: String) -> Reference? {
        LayoutReference.isMeant(by: text) ? nil : try? Reference(parsing: text)
    }

    private static func list(_ file: String, _ target: TargetOptions) throws -> [(source: Reference, target: Reference)]
    {
        let list = try target.read([file])
        if let filtered = list.filtered.first {
            throw CommandFailure.usage(
                ["\(filtered.place): a filter of tags says no image"], hint: "give the run's report instead of its list"
            )
        }
        return list.plain.items.map { ($0.source, $0.target) }
    }
}
