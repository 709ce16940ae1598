// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Reporting
import Rewriting
import Scanning

/// Where the copies are, and which references `rewrite` may change, as its options say.
struct RewriteMapping {
    var images: ImageMapping
    var filter: RegistryFilter
    /// The digest that arrived at each target, if references are to be pinned.
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

    /// What becomes of a finding. Where only the tag is unknown, its name can be replaced all the same.
    func decision(for finding: Finding) -> RewriteDecision {
        if let named = finding.named { return nameDecision(for: named) }
        return wholeDecision(for: finding)
    }

    /// The same, but a finding without a known tag is refused.
    func wholeDecision(for finding: Finding) -> RewriteDecision {
        guard filter.keeps(finding) else { return .leave }
        guard let reference = finding.reference else {
            return .refuse("\"\(finding.unresolved?.displayable ?? "")\" has no value here")
        }
        guard case .replace(let target) = images.decision(for: reference), let pins else {
            return images.decision(for: reference)
        }
        guard let digest = pins[target] else { return .refuse("the report has no digest of \(target)") }
        return .replace(with: target.pinned(to: digest))
    }

    /// What becomes of a finding whose name is known, and whose tag is not.
    func nameDecision(for finding: Finding) -> RewriteDecision {
        guard filter.keeps(finding), let reference = finding.reference else { return .leave }
        guard pins == nil else { return .refuse("its tag has no value here, so there is no digest for it") }
        return images.nameDecision(for: reference)
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
