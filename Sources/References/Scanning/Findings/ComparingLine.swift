// SPDX-License-Identifier: Apache-2.0

/// A line of a text in which something may be compared.
struct ComparingLine {
    let bytes: ArraySlice<UInt8>
    /// The same in lower case.
    private let lower: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        lower = bytes.contains { (65...90).contains($0) } ? Self.lowered(bytes) : bytes
    }

    private static func lowered(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var lower = bytes
        for index in lower.indices where (65...90).contains(lower[index]) { lower[index] += 32 }
        return lower
    }

    /// Whether a byte may be in a reference.
    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        // From "-" to ":" are digits, the point and the slash, too.
        case UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "@")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    var isComment: Bool {
        let text = bytes.drop(while: TracedText.isBlank)
        return text.first == UInt8(ascii: "#") || text.starts(with: "//".utf8)
    }

    private func holds(_ word: [UInt8]) -> Bool {
        lower.indices.contains { lower[$0] == word[0] && lower[$0...].starts(with: word) }
    }

    // MARK: - Comparisons

    /// Signs and words between two operands: of programming languages, shells and PowerShell.
    private static let operators = ["==", "!=", "=~", "-eq", "-ne", "-like", "-match", "-contains"].map {
        Array($0.utf8)
    }
    private static let equals = Array(" =".utf8)
    private static let tests = ["[ ", "[[ ", "test "].map { Array($0.utf8) }
    /// Functions that compare their arguments, of Azure and of templates, and the ends of names of others: of Terraform, of
    /// libraries for tests.
    private static let (functions, endings): (Set<String>, [String]) = (
        ["eq", "ne"], ["contains", "equal", "equals", "equalto", "same"]
    )
    private static let beginningFunctions: Set<String> = ["startswith", "hasprefix"]
    private static let makeFunctions = ["filter ", "filter-out ", "findstring "].map { Array($0.utf8) }
    private static let makeConditions = ["ifeq ", "ifneq "].map { Array($0.utf8) }
    /// What leaves the name of an image without its tag.
    private static let cuts = ["%%:*", "%:*", ".split(\":\")[0]", ".split(':')[0]"].map { Array($0.utf8) }
    /// The most bytes of a line. Longer ones are data.
    static let lengthLimit = 4096

    /// Whether something is compared with a whole word: it is an operand, an argument of a function that compares, or a
    /// pattern.
    func compares(_ word: Range<Int>) -> Bool {
        guard !isBeginning(word) else { return false }
        return isOperand(word)
            || isArgument(word) { name in
                Self.functions.contains(name) || Self.endings.contains(where: name.hasSuffix)
            } || isOfMake(word) || isPattern(word)
    }

    /// Whether only the beginning of something is compared with a word that has a path or a tag: `ubuntu:*)`,
    /// `=~ ^quay.io/`, `startsWith(x, 'ubuntu')`. A shorter word may be the name of anything, unless the line speaks of
    /// images.
    func comparesBeginning(_ word: Range<Int>) -> Bool {
        guard
            isArgument(word, of: Self.beginningFunctions.contains)
                || isBeginning(word) && (isOperand(word) || isOfMake(word) || isPattern(word))
                || isOperand(word) && Self.cuts.contains(where: holds)
        else { return false }
        return bytes[word].contains { ":/".utf8.contains($0) }
            || ["image", "img", "distro"].contains { holds(Array($0.utf8)) }
    }

    private func isBeginning(_ word: Range<Int>) -> Bool {
        bytes[word.upperBound...].first.map { "*%".utf8.contains($0) } ?? false
            || word.lowerBound > bytes.startIndex && bytes[word.lowerBound - 1] == UInt8(ascii: "^")
    }

    private func isOperand(_ word: Range<Int>) -> Bool {
        let front = lower[..<word.lowerBound].reversed().drop { "\"'^/ \t".utf8.contains($0) }
        let back = lower[word.upperBound...].drop { "\"'*/ \t".utf8.contains($0) }
        if Self.operators.contains(where: { front.starts(with: $0.reversed()) || back.starts(with: $0) }) {
            return true
        }
        let isTest = front.starts(with: Self.equals.reversed()) || back.starts(with: "= ".utf8)
        return isTest && Self.tests.contains(where: holds)
    }

    /// Whether a word is an argument itself, and not a part of one.
    private func isArgument(_ word: Range<Int>, of isFunction: (String) -> Bool) -> Bool {
        let front = lower[..<word.lowerBound].reversed().drop { "\"' ".utf8.contains($0) }
        guard let before = front.first, "(,[".utf8.contains(before), let open = bracket(around: word) else {
            return false
        }
        let name = lower[..<open].reversed().prefix { VariableUse.isNameByte($0) }
        return isFunction(String(decoding: name.reversed(), as: UTF8.self))
    }

    /// Whether a word is compared in a condition of make, or by one of its functions (GNU make manual, 7.1 and 8.2).
    private func isOfMake(_ word: Range<Int>) -> Bool {
        let open = bracket(around: word)
        if let open, Self.makeFunctions.contains(where: lower[(open + 1)...].starts) { return true }
        let text = lower.drop(while: TracedText.isBlank)
        guard let condition = Self.makeConditions.first(where: text.starts) else { return false }
        return open == nil || text.index(text.startIndex, offsetBy: condition.count) == open
    }

    /// The place of the bracket that is open around a word.
    private func bracket(around word: Range<Int>) -> Int? {
        var depth = 0
        for index in (bytes.startIndex..<word.lowerBound).reversed() {
            if bytes[index] == UInt8(ascii: ")") { depth += 1 }
            if bytes[index] == UInt8(ascii: "(") {
                if depth == 0 { return index }
                depth -= 1
            }
        }
        return nil
    }

    private static let branches = [" in", ";;"].map { Array($0.utf8) }

    /// Whether a pattern of a shell's `case` may stand behind some bytes: at the beginning of a line, behind other patterns, or
    /// behind `in` and `;;`.
    private func isBranch(behind front: ArraySlice<UInt8>) -> Bool {
        let bare = front.reversed().drop { "\"' (".utf8.contains($0) }
        if bare.isEmpty || Self.branches.contains(where: { bare.starts(with: $0.reversed()) }) { return true }
        let others = front.drop { $0 == UInt8(ascii: "(") }
        return bare.first == UInt8(ascii: "|")
            && others.allSatisfy { Self.isWordByte($0) || "\"'|* ".utf8.contains($0) }
    }

    /// Whether a word is what a branch is for: `nginx:1)` and `redis:7|nginx:1)` in a shell, `"nginx:1" {` in PowerShell,
    /// `case "nginx:1":` in programming languages.
    private func isPattern(_ word: Range<Int>) -> Bool {
        let front = lower[..<word.lowerBound].drop(while: TracedText.isBlank)
        let label = Array("case ".utf8)
        if front.starts(with: label), front.dropFirst(label.count).allSatisfy({ "\"'".utf8.contains($0) }) {
            return true
        }
        let back = bytes[word.upperBound...]
        if let quote = back.first, "\"'".utf8.contains(quote), front.elementsEqual([quote]) {
            return back.dropFirst().first { $0 != 32 } == UInt8(ascii: "{")
        }
        return isBranch(behind: front)
            && back.first { !"\"'* ".utf8.contains($0) }.map { ")|".utf8.contains($0) } ?? false
    }
}
