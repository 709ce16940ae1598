// SPDX-License-Identifier: Apache-2.0

/// Texts with which a file compares something, and lists of values that a file allows. An image that is equal to one of
/// them stays: under another name the comparison would have another result.
struct ComparedTexts {
    /// The line of each text, from 1.
    private(set) var lines: [String: Int] = [:]

    /// Words and signs of comparisons, in lower case: of shells, make, PowerShell, functions of Azure and Terraform, and
    /// programming languages.
    private static let comparisons = [
        "==", "!=", "=~", "[ \"$", "[ $", "[[ ", "test \"$", "test $", "-eq ", "-ne ", "-like ", "-match ",
        "-contains ", "eq(", "ne(", "contains(", "ifeq", "ifneq", "$(filter", "$(findstring", "case ", "switch",
        "equal",
    ].map { Array($0.utf8) }
    /// Beginnings of lists of allowed values, up to the bracket.
    private static let lists = ["validateset(", "@allowed("].map { Array($0.utf8) }

    /// - Parameter found: the places of images. They are not compared.
    init(in bytes: [UInt8], besides found: [Range<Int>]) {
        let found = Set(found.map(\.lowerBound))
        var (number, start, isList) = (0, 0, false)
        while start < bytes.count {
            number += 1
            let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
            let line = bytes[start..<end]
            start = end + 1
            let opensList = Self.holdsAny(of: Self.lists, line)
            guard isList || opensList || Self.compares(line) else { continue }
            for place in Self.words(of: line) where !found.contains(place.lowerBound) {
                let text = String(decoding: bytes[place], as: UTF8.self)
                lines[text] = lines[text] ?? number
            }
            // A list may have several lines.
            if opensList || isList { isList = !line.contains(UInt8(ascii: ")")) }
        }
    }

    private static func compares(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop(while: TracedText.isBlank)
        if text.first == UInt8(ascii: "#") || text.starts(with: "//".utf8) { return false }
        return isPattern(line) || holdsAny(of: comparisons, line)
    }

    private static func holdsAny(of words: [[UInt8]], _ line: ArraySlice<UInt8>) -> Bool {
        let lower = line.map { (65...90).contains($0) ? $0 + 32 : $0 }
        return words.contains { word in
            lower.indices.contains { lower[$0] == word[0] && lower[$0...].starts(with: word) }
        }
    }

    /// Whether a line begins with a text to compare with: `nginx:1)` and `nginx:1|nginx:2)` in a shell, `"nginx:1" {` in
    /// PowerShell.
    private static func isPattern(_ line: ArraySlice<UInt8>) -> Bool {
        guard let word = words(of: line).first,
            line[..<word.lowerBound].allSatisfy({ TracedText.isBlank($0) || "\"'(".utf8.contains($0) })
        else { return false }
        return line[word.upperBound...].first { !"\"' ".utf8.contains($0) }.map { ")|{".utf8.contains($0) } ?? false
    }

    /// The runs of bytes that a reference may have.
    private static func words(of line: ArraySlice<UInt8>) -> [Range<Int>] {
        var (words, position) = ([Range<Int>](), line.startIndex)
        while let start = line[position...].firstIndex(where: isWordByte) {
            let end = line[start...].firstIndex { !isWordByte($0) } ?? line.endIndex
            words.append(start..<end)
            position = end
        }
        return words
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 32) &- 97 < 26 || byte &- 48 < 10 || "._/:@-".utf8.contains(byte)
    }
}

extension ScanResult {
    /// Keeps images with which the file also compares something.
    package mutating func keepCompared(in bytes: [UInt8]) {
        guard !findings.isEmpty else { return }
        let compared = ComparedTexts(in: bytes, besides: findings.flatMap { [$0.range] + $0.parts.map(\.range) }).lines
        guard !compared.isEmpty else { return }
        for index in findings.indices where findings[index].advice == nil {
            let line = findings[index].parts.lazy.compactMap(\.comparable).compactMap { compared[$0] }.first
            if let line { findings[index].advice = "line \(line) compares something with this text: change both" }
        }
    }
}

extension ReferencePart {
    /// The text that a comparison may have. A word alone may mean anything.
    fileprivate var comparable: String? {
        guard [.reference, .name].contains(field), let value, value.contains(where: { ":/@".contains($0) }) else {
            return nil
        }
        return value
    }
}
