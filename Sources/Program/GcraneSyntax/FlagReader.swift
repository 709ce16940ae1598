// SPDX-License-Identifier: Apache-2.0

import OCI

/// Splits a command's words into flags and arguments, the way gcrane's flag library (spf13/pflag) does: flags may stand
/// between arguments, short ones may be run together, `--` ends them.
struct FlagReader {
    let flags: [FlagSpec]
    private(set) var values = FlagValues()
    private(set) var arguments: [String] = []
    private var rest: ArraySlice<String> = []

    init(flags: [FlagSpec]) { self.flags = flags }

    mutating func read(_ words: [String]) throws(SyntaxError) {
        rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                arguments += rest
                return
            } else if word.hasPrefix("--") {
                try readLong(word)
            } else if word.hasPrefix("-"), word != "-" {
                try readShort(word.dropFirst())
            } else {
                arguments.append(word)
            }
        }
    }

    private mutating func readLong(_ word: String) throws(SyntaxError) {
        let body = word.dropFirst(2)
        if body.hasPrefix("-") || body.hasPrefix("=") { throw SyntaxError("bad flag syntax: \(word.displayable)") }
        let halves = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let flag = flags.first(where: { $0.name == halves[0] }) else {
            throw SyntaxError("unknown flag: --\(halves[0].displayable)")
        }
        if halves.count == 2 {
            try set(flag, String(halves[1]))
        } else if flag.needsNoValue {
            try set(flag, "true")
        } else if let value = rest.popFirst() {
            try set(flag, value)
        } else {
            throw SyntaxError("flag needs an argument: \(word.displayable)")
        }
    }

    /// - Parameter word: one or more shorthands, without the dash; the last one may be followed directly by its value.
    private mutating func readShort(_ word: Substring) throws(SyntaxError) {
        var word = word
        while let letter = word.first {
            guard let flag = flags.first(where: { $0.shorthand == letter }) else {
                throw SyntaxError("unknown shorthand flag: '\(String(letter).displayable)' in -\(word.displayable)")
            }
            let tail = word.dropFirst()
            if tail.hasPrefix("="), tail.count > 1 {
                return try set(flag, String(tail.dropFirst()))
            } else if flag.needsNoValue {
                try set(flag, "true")
                word = tail
            } else if !tail.isEmpty {
                return try set(flag, String(tail))
            } else if let value = rest.popFirst() {
                return try set(flag, value)
            } else {
                throw SyntaxError("flag needs an argument: '\(letter)' in -\(word.displayable)")
            }
        }
    }

    private mutating func set(_ flag: FlagSpec, _ value: String) throws(SyntaxError) {
        if let reason = Self.problem(with: value, of: flag.kind) {
            throw SyntaxError(
                "invalid argument \(GoLiteral.quoted(value)) for \(GoLiteral.quoted(flag.label)) flag: \(reason)")
        }
        values.add(value, to: flag)
    }

    private static func problem(withPlatform text: String) -> String? {
        do throws(PlatformError) { _ = try Platform(parsing: text) } catch { return error.description }
        return nil
    }

    private static func problem(with value: String, of kind: FlagSpec.Kind) -> String? {
        switch kind {
        case .bool:
            return GoLiteral.bool(value) == nil
                ? "strconv.ParseBool: parsing \(GoLiteral.quoted(value)): invalid syntax" : nil
        case .int:
            do throws(GoLiteral.IntError) { _ = try GoLiteral.int(value) } catch {
                let reason = error == .range ? "value out of range" : "invalid syntax"
                return "strconv.ParseInt: parsing \(GoLiteral.quoted(value)): \(reason)"
            }
            return nil
        case .platform: return problem(withPlatform: value)
        case .platforms:
            let words = value.split(separator: ",", omittingEmptySubsequences: false)
            return words.lazy.compactMap { problem(withPlatform: String($0)) }.first
        case .list:
            do throws(GoList.Problem) { _ = try GoList.words(value) } catch { return error.text }
            return nil
        case .pairs:
            do throws(GoList.Problem) { _ = try GoList.pairs(value) } catch { return error.text }
            return nil
        case .variables: return GoList.pair(value) == nil ? "\(value.displayable) must be formatted as key=value" : nil
        case .string, .strings: return nil
        }
    }
}

/// Why a command line cannot be run. The message is ready to be shown after `Error: `.
package struct SyntaxError: Error, Equatable {
    package var message: String
    /// A separate line below the message.
    package var advice: String?

    package init(_ message: String, advice: String? = nil) {
        self.message = message
        self.advice = advice
    }
}
