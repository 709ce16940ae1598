// SPDX-License-Identifier: Apache-2.0

import OCI

/// The images found in one text, each place once.
struct FoundImages {
    let kind: FindingKind
    private(set) var findings: [Finding] = []
    private var places: Set<Range<Int>> = []
    /// What texts that are put together mean in one place.
    private var readings: [Range<Int>: Set<Reference>] = [:]

    init(_ kind: FindingKind) { self.kind = kind }

    /// Adds a text in the place of an image. A text that is not a reference and contains no variable is ignored.
    ///
    /// - Parameter written: the text in the file, if it differs from `text`.
    mutating func add(_ text: TracedText, written: TracedText? = nil) {
        let written = written ?? text
        guard let range = written.place else { return }
        let string = text.string
        if let reference = ImageName.reference(string) {
            let finding = finding(reference, text, written, range)
            text.contiguousRange == nil ? append(reading: finding) : append(finding)
        } else if let variable = TemplateText.variable(in: string) {
            add(open: variable, written: written)
        }
    }

    private func finding(
        _ reference: Reference, _ text: TracedText, _ written: TracedText, _ range: Range<Int>
    ) -> Finding {
        var finding = Finding(
            kind: kind, range: range, text: written.string, meaning: .reference(reference),
            parts: ReferencePart.parts(of: text))
        finding.addFront(of: text)
        return finding
    }

    /// Adds every reference that one place can mean.
    mutating func add(_ texts: [TracedText], written: TracedText, deciders: [Decider] = []) {
        guard let range = written.place, places.insert(range).inserted else { return }
        var seen: Set<Reference> = []
        for text in texts {
            guard let reference = ImageName.reference(text.string), seen.insert(reference).inserted else { continue }
            var finding = finding(reference, text, written, range)
            finding.deciders = deciders
            findings.append(finding)
        }
    }

    /// Adds a place whose image depends on `variable`.
    ///
    /// - Parameter parts: the bytes of the name, if only the tag depends on it. nil: `written` shows them.
    mutating func add(open variable: String, written: TracedText, parts: [ReferencePart]? = nil) {
        guard let range = written.place else { return }
        append(
            Finding(
                kind: kind, range: range, text: written.string, meaning: .unresolved(variable),
                parts: parts ?? OpenTag.parts(of: written)))
    }

    /// Joins the findings of several readings of one file. A place stays unresolved only if no reading resolved it.
    static func joined(_ all: [FoundImages]) -> [Finding] {
        guard all.count > 1 else { return all.first?.findings ?? [] }
        let findings = all.flatMap(\.findings)
        let known = Set(findings.filter { $0.reference != nil }.map(\.range))
        var told: Set<Told> = []
        return findings.filter { finding in
            if finding.reference == nil {
                return !known.contains(finding.range) && told.insert(Told(range: finding.range, meaning: nil)).inserted
            }
            return told.insert(Told(range: finding.range, meaning: finding.meaning)).inserted
        }
    }

    private struct Told: Hashable {
        let range: Range<Int>
        let meaning: Finding.Meaning?
    }

    /// Changes the findings that were added from a position on.
    mutating func change(from position: Int, _ change: (inout Finding) -> Void) {
        for index in position..<findings.count { change(&findings[index]) }
    }

    mutating func remove(where isUnwanted: (Finding) -> Bool) { findings.removeAll(where: isUnwanted) }

    /// Adds all findings of one place.
    mutating func append(_ readings: [Finding]) {
        guard let first = readings.first, places.insert(first.range).inserted else { return }
        findings += readings
    }

    /// Adds what a place means this time. A loop gives other values to the same text.
    private mutating func append(reading finding: Finding) {
        guard let reference = finding.reference else { return append(finding) }
        if places.insert(finding.range).inserted { readings[finding.range] = [] }
        if readings[finding.range]?.insert(reference).inserted == true { findings.append(finding) }
    }

    mutating func append(_ finding: Finding) {
        if places.insert(finding.range).inserted { findings.append(finding) }
    }
}

extension TracedText {
    /// The place of a text that may consist of several pieces of the file: the range around all pieces if they are near
    /// each other, otherwise the longest piece.
    fileprivate var place: Range<Int>? {
        if let range = contiguousRange { return range }
        let known = origins.filter { $0 != Self.nowhere }
        if let low = known.first, let high = known.last, high - low < count + 64,
            zip(known, known.dropFirst()).allSatisfy({ $0 <= $1 })
        {
            return low..<high + 1
        }
        var longest = 0..<0
        var start = 0
        for index in 1...max(count, 1) where index >= count || origins[index] != origins[index - 1] + 1 {
            if index - start > longest.count, start < count, origins[start] != Self.nowhere { longest = start..<index }
            start = index
        }
        return self[longest].contiguousRange
    }
}
