// SPDX-License-Identifier: Apache-2.0

import OCI
package import Scanning

/// The result of rewriting one file.
package struct RewrittenFile: Sendable {
    /// In the order of their bytes, without overlaps. Empty if the file does not change.
    package var edits: [ByteEdit] = []
    package var bytes: [UInt8]
    package var refused: [Refused] = []
    /// Findings that got another name.
    package var replaced: [Finding] = []
    /// Findings that got another name, but whose tag is still unknown.
    package var renamed: [Finding] { replaced.filter { $0.unresolved != nil } }
}

/// Replaces the image references of a file, byte for byte. It knows no file format: scanners say which bytes decide a
/// reference. They scan the edited file again, to check that it has the intended meaning.
package struct FileRewriter {
    /// The ways to read this file. There are several if other files say how to read it.
    private let scans: [([UInt8]) -> ScanResult]
    private let decide: (Finding) -> RewriteDecision

    package init(scans: [([UInt8]) -> ScanResult], decide: @escaping (Finding) -> RewriteDecision) {
        self.scans = scans
        self.decide = decide
    }

    package func rewrite(_ bytes: [UInt8]) -> RewrittenFile {
        let results = scans.map { $0(bytes) }
        let before = results.map(\.findings)
        var plan = RewritePlan(before.flatMap(\.self), bytes: bytes, decide: decide)
        plan.refuse(touching: results.flatMap(\.shared))
        plan.refuseConflicts()
        if !plan.edits.isEmpty, !holds(plan, for: before, in: bytes.applying(plan.edits)) {
            plan = sound(plan) { holds($0, for: before, in: bytes.applying($0.edits)) }
        }
        var result = RewrittenFile(bytes: bytes)
        result.edits = plan.edits
        result.bytes = bytes.applying(plan.edits)
        result.refused = plan.refused
        result.replaced = plan.wanted.filter { !plan.isResolvedElsewhere($0) }.map(plan.finding)
        return result
    }

    /// The most findings that are tried one by one, to find those that prevent the change of the others.
    private static let searchLimit = 64

    /// The part of a failed plan that can be done. Nothing for more findings than `searchLimit`.
    private func sound(_ plan: RewritePlan, _ holds: (RewritePlan) -> Bool) -> RewritePlan {
        let wanted = plan.wanted
        var result = plan
        result.refuse(wanted, Self.unsound)
        guard wanted.count <= Self.searchLimit else { return result }
        var kept: Set<Int> = []
        for index in wanted {
            var trial = plan
            trial.refuse(wanted.filter { $0 != index && !kept.contains($0) }, Self.unsound)
            trial.refuseConflicts()
            guard trial.wanted.contains(index), holds(trial) else { continue }
            kept.insert(index)
            result = trial
        }
        return result
    }

    private static let unsound = "the file, read again after the change, would not say what was meant"

    /// Whether every finding of the edited file has the intended meaning, and no finding was added or lost.
    private func holds(_ plan: RewritePlan, for before: [[Finding]], in edited: [UInt8]) -> Bool {
        var position = 0
        for (scan, old) in zip(scans, before) {
            let new = scan(edited).findings
            guard new.count == old.count else { return false }
            for (finding, was) in zip(new, old) {
                let meaning = plan.target(at: position).map { .reference($0) } ?? was.meaning
                if let target = plan.target(at: position), was.unresolved != nil {
                    // The tag stays unresolved. The name has to be that of the copy.
                    guard finding.kind == was.kind, finding.unresolved == was.unresolved,
                        let name = finding.named?.reference, FieldValues(name).name == FieldValues(target).name
                    else { return false }
                } else {
                    guard finding.kind == was.kind, finding.meaning == meaning else { return false }
                }
                position += 1
            }
        }
        return true
    }
}

/// The findings of a file, each with the edits that it needs. Refuses edits that conflict.
private struct RewritePlan {
    private struct Entry {
        let finding: Finding
        var decision: RewriteDecision
        var values: [PartValue] = []
    }

    /// Bytes that a finding needs, and its edit of them. nil: the bytes must not change.
    private struct Claim: Hashable {
        let range: Range<Int>
        let edit: ByteEdit?

        func contradicts(_ other: Claim) -> Bool {
            let meets = range.overlaps(other.range) || range == other.range
            return meets && edit != other.edit
        }
    }

    private let bytes: [UInt8]
    private var entries: [Entry]
    /// The places of findings that are known in at least one reading.
    private let resolved: Set<Range<Int>>

    init(_ findings: [Finding], bytes: [UInt8], decide: (Finding) -> RewriteDecision) {
        self.bytes = bytes
        resolved = Set(findings.filter { $0.reference != nil }.map(\.range))
        entries = findings.map { finding in
            var entry = Entry(finding: finding, decision: decide(finding))
            guard case .replace(let target) = entry.decision else { return entry }
            do throws(RewriteRefusal) { entry.values = try (finding.named ?? finding).values(for: target) } catch {
                entry.decision = .refuse(error.reason)
            }
            return entry
        }
    }

    func target(at index: Int) -> Reference? {
        if case .replace(let target) = entries[index].decision { target } else { nil }
    }

    var edits: [ByteEdit] {
        Set(entries.flatMap { entry in entry.values.compactMap { $0.edit(in: bytes) } })
            .sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    func finding(at index: Int) -> Finding { entries[index].finding }

    /// Whether a place is open in this reading of the file and not in another one, which has more values.
    func isResolvedElsewhere(_ index: Int) -> Bool {
        let finding = entries[index].finding
        return finding.reference == nil && resolved.contains(finding.range)
    }

    /// Each one once, even if several readings of the file found it.
    var refused: [Refused] {
        var seen: Set<Refused> = []
        return entries.indices.compactMap { index -> Refused? in
            let entry = entries[index]
            guard case .refuse(let reason) = entry.decision, !isResolvedElsewhere(index) else { return nil }
            let refused = Refused(entry.finding, reason)
            return seen.insert(refused).inserted ? refused : nil
        }
    }

    /// The findings that are to be changed.
    var wanted: [Int] { entries.indices.filter { target(at: $0) != nil } }

    mutating func refuse(_ indices: [Int], _ reason: String) { for index in indices { refuse(index, reason) } }

    /// An image that the file makes keeps its name, and an address that is also used for something else stays as it is.
    mutating func refuse(touching shared: [SharedBytes]) {
        guard !shared.isEmpty else { return }
        for index in wanted {
            let touched = entries[index].values.compactMap { value in
                value.edit(in: bytes) == nil ? nil : shared.first { $0.forbids(value.part) }
            }
            guard let first = touched.first(where: { $0.use == .product }) ?? touched.first else { continue }
            refuse(index, first.reason)
        }
    }

    /// Refuses edits that need different bytes in the same place. The bytes of a refused edit stay as they are, which
    /// may conflict with further edits, so all are compared again.
    mutating func refuseConflicts() {
        while true {
            let losers = conflicting.filter { target(at: $0) != nil }
            if losers.isEmpty { return }
            for index in losers {
                refuse(index, "the same bytes decide another image, too, that becomes something else")
            }
        }
    }

    private mutating func refuse(_ index: Int, _ reason: String) {
        entries[index].decision = .refuse(reason)
        entries[index].values = []
    }

    private var conflicting: Set<Int> {
        // Any number of findings may claim the same: the registry of all images of a chart.
        var claimants: [Claim: [Int]] = [:]
        for index in entries.indices { for claim in claims(of: index) { claimants[claim, default: []].append(index) } }
        let claims = claimants.keys.sorted { $0.range.lowerBound < $1.range.lowerBound }
        var contested: Set<Claim> = []
        for (position, claim) in claims.enumerated() {
            for other in claims[(position + 1)...] {
                if other.range.lowerBound > claim.range.upperBound { break }
                if claim.contradicts(other) { contested.formUnion([claim, other]) }
            }
        }
        return Set(contested.flatMap { claimants[$0] ?? [] })
    }

    private func claims(of index: Int) -> [Claim] {
        let entry = entries[index]
        guard target(at: index) != nil else { return entry.finding.parts.map { Claim(range: $0.range, edit: nil) } }
        return entry.values.map { Claim(range: $0.part.range, edit: $0.edit(in: bytes)) }
    }
}

extension SharedBytes {
    fileprivate func forbids(_ part: ReferencePart) -> Bool {
        guard range.overlaps(part.range) else { return false }
        return switch use {
        case .product, .part: true
        case .openImage: part.field != .tag && part.field != .digest
        case .other: part.field == .hub || part.field == .registry
        }
    }

    fileprivate var reason: String {
        switch use {
        case .part(let file): "\(file.displayable) says a part of the image, and this is the rest"
        case .openImage: "the same bytes are in the name of an image of which a part has no value here"
        case .product: "the same bytes are in the name of what is built or pushed here"
        case .other: "the same bytes are used for something else than images, too"
        }
    }
}
