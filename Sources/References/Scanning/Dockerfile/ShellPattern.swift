// SPDX-License-Identifier: Apache-2.0

/// A pattern in `${x#pattern}` and similar substitutions: `*`, `?` and text.
struct ShellPattern {
    private enum Token { case text(UInt8), any, run }

    private var tokens: [Token] = []
    /// Limit of the work for one match, which is tokens times bytes. `replacementLimit` is for all matches of a
    /// replacement.
    private static let workLimit = 1 << 20
    private static let replacementLimit = 1 << 24

    /// - Returns: nil if a backslash is before a byte that it cannot escape.
    init?(_ pattern: [UInt8]) {
        var position = 0
        while position < pattern.count {
            switch pattern[position] {
            case UInt8(ascii: "*"): tokens.append(.run)
            case UInt8(ascii: "?"): tokens.append(.any)
            case UInt8(ascii: "\\"):
                position += 1
                guard position < pattern.count, "}/*?\\".utf8.contains(pattern[position]) else { return nil }
                tokens.append(.text(pattern[position]))
            case let byte: tokens.append(.text(byte))
            }
            position += 1
        }
    }

    var reversed: ShellPattern {
        var result = self
        result.tokens.reverse()
        return result
    }

    /// The end of the match that begins at `start`: the longest match if greedy, otherwise the shortest.
    func match(_ text: [UInt8], at start: Int, isGreedy: Bool) -> Int? {
        guard (tokens.count + 1) * (text.count - start + 1) <= Self.workLimit else { return nil }
        // The offsets that the tokens so far can reach. After the last token these are the ends of matches.
        var reachable: Set<Int> = [start]
        for token in tokens {
            switch token {
            case .text(let byte):
                reachable = Set(reachable.filter { $0 < text.count && text[$0] == byte }.map { $0 + 1 })
            case .any: reachable = Set(reachable.filter { $0 < text.count }.map { $0 + 1 })
            case .run: if let first = reachable.min() { reachable = Set(first...text.count) }
            }
        }
        return isGreedy ? reachable.max() : reachable.min()
    }

    /// Replaces the first match or all matches. Each match is as long as possible.
    func replacing(in value: TracedText, with word: TracedText, all: Bool) -> TracedText {
        guard (tokens.count + 1) * (value.count + 1) * (value.count + 1) <= Self.replacementLimit else { return value }
        var result = TracedText()
        var position = 0
        var previousEnd = -1
        while position <= value.count {
            if let end = match(value.bytes, at: position, isGreedy: true), end > position || position != previousEnd {
                result.append(word)
                previousEnd = end
                guard all else { return appending(value, from: end, to: result) }
                if end > position {
                    position = end
                    continue
                }
            }
            if position < value.count { result.append(at: position, of: value) }
            position += 1
        }
        return result
    }

    private func appending(_ value: TracedText, from start: Int, to result: TracedText) -> TracedText {
        var result = result
        result.append(value[start..<value.count])
        return result
    }
}
