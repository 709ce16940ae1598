// SPDX-License-Identifier: Apache-2.0

/// The tokens of a program, with the pairs of its brackets.
///
/// All pairs are found in one pass, so that brackets inside brackets are not searched once for each of them.
struct ProgramTokens: RandomAccessCollection {
    private let all: [ProgramToken]
    /// For each opening bracket the index of its closing bracket, or `endIndex` if there is none. 0 for any other token.
    private let closing: [Int]
    private let joined: [Bool]
    /// For each token the index of the innermost opening bracket around it, or -1.
    private let openings: [Int]

    init(_ source: SourceText, _ dialect: ProgramDialect) { self.init(ProgramLexer.tokens(source, dialect)) }

    private init(_ tokens: [ProgramToken]) {
        var around: [Int] = []
        var closing = Array(repeating: 0, count: tokens.count)
        var openings = Array(repeating: -1, count: tokens.count)
        all = tokens
        joined = tokens.indices.map { index in
            let isJoined = around.last.map { !tokens[$0].isMark("{") } ?? false
            openings[index] = around.last ?? -1
            if tokens[index].isOpening {
                around.append(index)
                closing[index] = tokens.endIndex
            } else if tokens[index].isClosing, let open = around.popLast() {
                closing[open] = index
            }
            return isJoined
        }
        self.closing = closing
        self.openings = openings
    }

    var startIndex: Int { all.startIndex }
    var endIndex: Int { all.endIndex }

    subscript(index: Int) -> ProgramToken { all[index] }

    /// The index of the last token that begins at an offset of the file or before it. -1: there is none.
    func index(holding offset: Int) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].start <= offset { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// Whether a token is in round or square brackets, inside which all lines are joined.
    func isJoined(_ index: Int) -> Bool { joined[index] }

    /// The beginning of the body of a function whose name is at a token: `name() {`, `name() throws X {`, and Kotlin's `name(): Type {` and
    /// `name() =`.
    func body(ofFunction index: Int) -> Int? {
        guard all[index].name != nil, index + 1 < endIndex, all[index + 1].isMark("(") else { return nil }
        var body = next(after: index + 1)
        if body + 2 < endIndex, all[body].isMark(":") { body += 2 }
        if body < endIndex, all[body].name == "throws" {
            body = (body..<Swift.min(endIndex, body + 32)).first { all[$0].isMark("{") } ?? endIndex
        }
        return body < endIndex && (all[body].isMark("{") || all[body].isMark("=")) ? body : nil
    }

    /// The index of the innermost opening bracket around a token.
    func opening(around index: Int) -> Int? { openings[index] < 0 ? nil : openings[index] }

    /// The index of the bracket that closes an opening bracket, of whatever kind both are. If there is none, `endIndex`.
    func close(of open: Int) -> Int { closing[open] }

    /// The token behind another one, or behind the bracket that closes it.
    func next(after index: Int) -> Int {
        all[index].isOpening ? Swift.min(closing[index] + 1, endIndex) : index + 1
    }

    /// The tokens inside a pair of brackets, without those in further brackets. Opening brackets are among them.
    func direct(in open: Int) -> some Sequence<Int> {
        let end = closing[open]
        return sequence(first: open + 1) { next(after: $0) }.prefix { $0 < end }
    }

    /// The index of the first token of each argument of a call. `open` is the call's opening bracket.
    func arguments(of open: Int) -> [Int] {
        [open + 1] + direct(in: open).filter { all[$0].isMark(",") }.map { $0 + 1 }
    }
}

/// Ranges of tokens, in which single tokens are looked up.
struct IndexSpans {
    private let spans: [Range<Int>]

    init(_ ranges: [Range<Int>]) {
        spans = ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { joined, range in
            guard let last = joined.last, range.lowerBound <= last.upperBound else { return joined.append(range) }
            joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        }
    }

    func contain(_ index: Int) -> Bool {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].lowerBound <= index { low = middle + 1 } else { high = middle }
        }
        return low > 0 && spans[low - 1].contains(index)
    }
}

extension ProgramToken {
    fileprivate var isOpening: Bool { isMark(of: "([{") }
    fileprivate var isClosing: Bool { isMark(of: ")]}") }

    private func isMark(of marks: StaticString) -> Bool {
        guard case .mark(let byte) = kind else { return false }
        return marks.withUTF8Buffer { $0.contains(byte) }
    }
}
