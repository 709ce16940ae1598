// SPDX-License-Identifier: Apache-2.0

/// What the callers of an Earthfile's targets give to their arguments (docs.earthly.dev, "Build arguments and variables").
package struct EarthlyCalls: Hashable, Sendable {
    /// By target and by argument. nil for a value that is not known.
    private var values: [String: [String: [TracedText?]]] = [:]
    /// By file, for targets of other files.
    private var others: [String: EarthlyCalls] = [:]

    /// The most values of one argument.
    private static let limit = 64

    func values(of argument: String, for target: String) -> [TracedText?] { values[target]?[argument] ?? [] }

    /// The Earthfiles whose targets are called.
    var followUps: [FollowUp] {
        others.sorted { $0.key < $1.key }.map { FollowUp(path: $0.key, kind: .earthfile($0.value)) }
    }

    /// Adds the calls of an instruction: `BUILD ./sub+target --NAME=value`, `COPY (+target/file --NAME=value) .`.
    mutating func read(_ line: TracedText) {
        let words = line.blankSeparated
        var target: String?
        var early: [TracedText] = []
        for (index, word) in words.enumerated().dropFirst() {
            let word = Self.withoutParentheses(word)
            if word.bytes.starts(with: "--".utf8) {
                let isNext = word.string == "--build-arg" && index + 1 < words.count
                let argument = isNext ? words[index + 1] : word[2..<word.count]
                if let target { give(argument, to: target) } else { early.append(argument) }
            } else if word.bytes.contains(UInt8(ascii: "+")), !word.bytes.contains(UInt8(ascii: "$")) {
                let called = word.string
                target = called
                if words[0].string == "BUILD" { for argument in early { give(argument, to: called) } }
            }
        }
    }

    private static func withoutParentheses(_ word: TracedText) -> TracedText {
        let start = word.bytes.first == UInt8(ascii: "(") ? 1 : 0
        let end = word.count > start && word.bytes.last == UInt8(ascii: ")") ? word.count - 1 : word.count
        return word[start..<end]
    }

    private mutating func give(_ argument: TracedText, to called: String) {
        let parts = called.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard let (name, value) = argument.cut(at: UInt8(ascii: "=")), parts.count == 2 else { return }
        let target = String(parts[1].prefix { $0 != "/" })
        let known = value.bytes.contains(UInt8(ascii: "$")) ? nil : ShellVariables.unquoted(value)
        if parts[0].isEmpty {
            add(known, to: name.string, of: target)
        } else if parts[0].hasPrefix(".") {
            let file = FilePath.normalized(parts[0] + "/Earthfile")
            others[file, default: EarthlyCalls()].add(
                known.map { TracedText(untraced: $0.string) }, to: name.string, of: target)
        }
    }

    private mutating func add(_ value: TracedText?, to argument: String, of target: String) {
        let known = values[target]?[argument] ?? []
        guard known.count < Self.limit, !known.contains(where: { $0?.bytes == value?.bytes }) else { return }
        values[target, default: [:]][argument, default: []].append(value)
    }

    /// These calls with those of other files.
    func merging(_ others: EarthlyCalls) -> EarthlyCalls {
        var result = self
        for (target, arguments) in others.values {
            for (name, values) in arguments { for value in values { result.add(value, to: name, of: target) } }
        }
        return result
    }
}
