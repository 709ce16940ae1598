// SPDX-License-Identifier: Apache-2.0

/// The difference between a file and its edited form, as a patch for `git apply` and `patch`.
///
/// It is made from the edits, not by comparing files: only the edited lines are read.
package struct UnifiedDiff: Sendable {
    /// The number of unchanged lines that are shown around each change.
    private static let context = 3

    private let oldLines: [ArraySlice<UInt8>]
    private let changes: [Change]
    private let path: String

    /// Lines of the old file, and the lines in their place, line ends included.
    private struct Change {
        var old: Range<Int>
        var new: [ArraySlice<UInt8>]
    }

    /// - Parameter edits: in order, without overlaps.
    package init(path: String, bytes: [UInt8], edits: [ByteEdit]) {
        self.path = path
        var lines = LineBounds(bytes)
        changes = lines.bundles(edits).map { bundle in
            let range = lines.bytes(of: bundle.lines)
            let shifted = bundle.edits.map { edit in
                ByteEdit(
                    edit.range.lowerBound - range.lowerBound..<edit.range.upperBound - range.lowerBound,
                    edit.replacement)
            }
            let new = Array(bytes[range]).applying(shifted)
            return Self.trimmed(Change(old: bundle.lines, new: LineBounds.split(new)), lines.all)
        }
        oldLines = lines.all
    }

    /// The change without the lines at both ends that stay the same.
    private static func trimmed(_ change: Change, _ lines: [ArraySlice<UInt8>]) -> Change {
        var (old, new) = (change.old, change.new[...])
        while let line = new.first, !old.isEmpty, lines[old.lowerBound] == line {
            old = old.lowerBound + 1..<old.upperBound
            new = new.dropFirst()
        }
        while let line = new.last, !old.isEmpty, lines[old.upperBound - 1] == line {
            old = old.lowerBound..<old.upperBound - 1
            new = new.dropLast()
        }
        return Change(old: old, new: Array(new))
    }

    /// The patch from the old file to the new one, or back. Empty if nothing changes.
    package func text(reversed: Bool = false) -> [UInt8] {
        guard !changes.isEmpty else { return [] }
        var text = Array("--- \(DiffPath.text("a", path))\n+++ \(DiffPath.text("b", path))\n".utf8)
        var growth = 0
        for hunk in hunks {
            text += self.text(of: hunk, growth: growth, reversed: reversed)
            growth += hunk.reduce(0) { $0 + $1.new.count - $1.old.count }
        }
        return text
    }

    /// Changes whose context lines overlap or touch are in one hunk.
    private var hunks: [[Change]] {
        var hunks: [[Change]] = []
        for change in changes {
            if let last = hunks.last?.last, change.old.lowerBound - last.old.upperBound <= 2 * Self.context {
                hunks[hunks.count - 1].append(change)
            } else {
                hunks.append([change])
            }
        }
        return hunks
    }

    private func text(of hunk: [Change], growth: Int, reversed: Bool) -> [UInt8] {
        guard let first = hunk.first, let last = hunk.last else { return [] }
        let start = max(0, first.old.lowerBound - Self.context)
        let end = min(oldLines.count, last.old.upperBound + Self.context)
        let newCount = hunk.reduce(end - start) { $0 + $1.new.count - $1.old.count }
        let (old, new) = (Self.span(start, end - start), Self.span(start + growth, newCount))
        var text = Array("@@ -\(reversed ? new : old) +\(reversed ? old : new) @@\n".utf8)
        var position = start
        for change in hunk {
            Self.append(oldLines[position..<change.old.lowerBound], " ", to: &text)
            Self.append(reversed ? change.new[...] : oldLines[change.old], "-", to: &text)
            Self.append(reversed ? oldLines[change.old] : change.new[...], "+", to: &text)
            position = change.old.upperBound
        }
        Self.append(oldLines[position..<end], " ", to: &text)
        return text
    }

    /// The first line (1-based) and the number of lines. For no lines, the line before them.
    private static func span(_ start: Int, _ count: Int) -> String { "\(count == 0 ? start : start + 1),\(count)" }

    private static func append(_ lines: ArraySlice<ArraySlice<UInt8>>, _ mark: Unicode.Scalar, to text: inout [UInt8]) {
        for line in lines {
            text.append(UInt8(ascii: mark))
            text += line
            if line.last != 10 { text += "\n\\ No newline at end of file\n".utf8 }
        }
    }
}

/// The lines of a file, their ends included.
private struct LineBounds {
    let all: [ArraySlice<UInt8>]

    init(_ bytes: [UInt8]) { all = Self.split(bytes) }

    static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 10).map { $0 + 1 } ?? bytes.count
            lines.append(bytes[start..<end])
            start = end
        }
        return lines
    }

    func bytes(of lines: Range<Int>) -> Range<Int> {
        lines.isEmpty ? 0..<0 : all[lines.lowerBound].startIndex..<all[lines.upperBound - 1].endIndex
    }

    /// Edits that touch the same lines, grouped together.
    mutating func bundles(_ edits: [ByteEdit]) -> [(lines: Range<Int>, edits: [ByteEdit])] {
        var bundles: [(lines: Range<Int>, edits: [ByteEdit])] = []
        var line = 0
        for edit in edits {
            line = self.line(of: edit.range.lowerBound, from: line)
            let last = self.line(of: max(edit.range.lowerBound, edit.range.upperBound - 1), from: line)
            let lines = line..<min(last + 1, all.count)
            if let previous = bundles.last, previous.lines.upperBound > lines.lowerBound {
                bundles[bundles.count - 1].lines = previous.lines.lowerBound..<lines.upperBound
                bundles[bundles.count - 1].edits.append(edit)
            } else {
                bundles.append((lines, [edit]))
            }
        }
        return bundles
    }

    /// The line that contains a byte. A position after the last byte belongs to the last line.
    private func line(of offset: Int, from start: Int) -> Int {
        var line = start
        while line + 1 < all.count, all[line].endIndex <= offset { line += 1 }
        return line
    }
}

/// Names of files as patches write them.
private enum DiffPath {
    static func text(_ side: String, _ path: String) -> String {
        let name = side + (path.hasPrefix("/") ? "" : "/") + path
        let needsQuotes = name.utf8.contains { $0 < 32 || $0 == 127 || $0 == UInt8(ascii: "\"") || $0 == 92 }
        guard needsQuotes else {
            // After a name with blanks, a tab marks its end.
            return name.contains(" ") ? name + "\t" : name
        }
        return "\"" + name.utf8.map(quoted).joined() + "\""
    }

    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""), 92: return "\\" + String(UnicodeScalar(byte))
        case 32..<127: return String(UnicodeScalar(byte))
        default:
            let octal = String(byte, radix: 8)
            return "\\" + String(repeating: "0", count: 3 - octal.count) + octal
        }
    }
}
