// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Reporting
import Rewriting
import Scanning

/// What `rewrite` was told about where the copies are, and which references are its business.
struct RewriteMapping {
    var images: ImageMapping
    var filter: RegistryFilter
    /// What arrived at each target, where references are to be held to it.
    var pins: [Reference: Digest]?

    /// Reads `--map-file`: a run's report, or a list.
    ///
    /// - Throws: `CommandFailure` for a file that is neither, and where digests are wanted that it does not have.
    init(file: String?, target: TargetOptions, filter: RegistryFilter, isPinned: Bool) throws {
        self.filter = filter
        guard let file else {
            guard let rule = try target.onlyRule() else {
                throw CommandFailure.usage(["--to or --map-file must say where the copies are"])
            }
            images = .rule(rule)
            return
        }
        let bytes = try FileBytes.read(file)
        if bytes.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
            let items = try Self.report(bytes, file)
            images = ImageMapping(pairs: items.map { ($0.source, $0.target) })
            guard isPinned else { return }
            pins = Dictionary(items.compactMap { item in item.digest.map { (item.target, $0) } }) { first, _ in first }
        } else {
            guard !isPinned else {
                throw CommandFailure.usage(["--pin needs the digests of a report, and \(file.displayable) is a list"])
            }
            images = ImageMapping(pairs: try Self.list(file, target))
        }
    }

    /// Where only the tag is open, the name can be another one whatever the tag will be.
    func wish(for finding: Finding) -> RewriteWish {
        if let named = finding.named { return nameWish(for: named) }
        return wholeWish(for: finding)
    }

    /// The same for an image of which everything has to be known.
    func wholeWish(for finding: Finding) -> RewriteWish {
        guard filter.keeps(finding) else { return .leave }
        guard let reference = finding.reference else {
            return .refuse("\"\(finding.unresolved?.displayable ?? "")\" has no value here")
        }
        guard case .become(let target) = images.wish(for: reference), let pins else {
            return images.wish(for: reference)
        }
        guard let digest = pins[target] else { return .refuse("the report has no digest of \(target)") }
        return .become(target.pinned(to: digest))
    }

    /// For a finding that says an image's name, but leaves its tag to somebody else.
    func nameWish(for finding: Finding) -> RewriteWish {
        guard filter.keeps(finding), let reference = finding.reference else { return .leave }
        guard pins == nil else { return .refuse("its tag has no value here, so there is no digest for it") }
        return images.nameWish(for: reference)
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

    /// Layout folders are no images that a file could name.
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
