// SPDX-License-Identifier: Apache-2.0

/// A finding with its file and its place in the file, for output.
package struct LocatedFinding: Hashable, Sendable {
    package var file: String
    /// 1-based.
    package var line: Int
    /// 1-based, in bytes of UTF-8.
    package var column: Int
    /// 1-based, in characters (Unicode scalars).
    package var characterColumn: Int
    /// The line the finding begins on, without blanks at its ends. Very long lines are cut.
    package var lineText: String
    package var finding: Finding

    private static let lineLimit = 400

    package init(_ finding: Finding, file: String, bytes: [UInt8], lines: LineTable) {
        self.file = file
        self.finding = finding
        (line, column) = lines.position(of: finding.range.lowerBound)
        let range = lines.range(ofLine: line)
        characterColumn = lines.characters(in: range.lowerBound..<finding.range.lowerBound, of: bytes) + 1
        lineText = Self.text(of: bytes[range], around: finding.range)
        if let resource = Self.resource(of: finding, in: bytes[range]) { lineText = resource }
    }

    /// For a document that is one long line of JSON: only the resource and the reference.
    private static func resource(of finding: Finding, in line: ArraySlice<UInt8>) -> String? {
        guard let owner = finding.owner, let first = line.first(where: { !TracedText.isBlank($0) }),
            let last = line.last(where: { !TracedText.isBlank($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
            last == UInt8(ascii: "}") || last == UInt8(ascii: "]")
        else { return nil }
        let name = [owner.namespace, owner.name].compactMap(\.self).joined(separator: "/")
        return "\(owner.kind) \(name): \(finding.text)"
    }

    private static func text(of line: ArraySlice<UInt8>, around range: Range<Int>) -> String {
        var line = line
        if line.count > lineLimit {
            let start = max(line.startIndex, range.lowerBound - lineLimit / 2)
            line = line[start..<min(line.endIndex, start + lineLimit)]
        }
        if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        line = line.drop(while: TracedText.isBlank)
        while let last = line.last, TracedText.isBlank(last) { line = line.dropLast() }
        return String(decoding: line, as: UTF8.self)
    }
}
