// SPDX-License-Identifier: Apache-2.0

/// A flag as it is declared: how it is spelled, what it takes, what it does.
package struct FlagSpec: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case bool
        case int
        case string
        /// `os/arch[/variant][:osversion]`, checked when it is parsed.
        case platform
        /// Platforms between commas; may be given several times.
        case platforms
        /// May be given several times.
        case strings
        /// Words between commas, quoted as in CSV where they have some; may be given several times.
        case list
        /// `key=value` between commas; may be given several times, and the last value of a key counts.
        case pairs
        /// One `key=value`, commas and all; may be given several times.
        case variables

        /// Whether each further value counts beside those before.
        package var isRepeatable: Bool {
            switch self {
            case .platforms, .strings, .list, .pairs, .variables: true
            case .bool, .int, .string, .platform: false
            }
        }
    }

    package var name: String
    package var shorthand: Character?
    package var kind: Kind
    package var usage: String
    /// What the help says it is without being given; nil where that goes without saying.
    package var defaultText: String?
    /// The values there are; empty where anything goes.
    package var choices: [String] = []
    /// Taken, and neither told nor offered.
    package var isHidden = false
    /// Whether the command does nothing without it.
    package var isRequired = false
    /// What its value is, such as `file` or `host[:port]`: for our own help, and to complete it.
    package var valueName: String?
    /// The heading that our own help shows it under; nil for the usual one.
    package var section: String?

    package init(
        _ name: String, short shorthand: Character? = nil, _ kind: Kind = .bool, _ usage: String,
        defaultText: String? = nil, choices: [String] = [], isHidden: Bool = false, valueName: String? = nil
    ) {
        self.name = name
        self.shorthand = shorthand
        self.kind = kind
        self.usage = usage
        self.defaultText = defaultText
        self.choices = choices
        self.isHidden = isHidden
        self.valueName = valueName
    }

    package static let help = FlagSpec("help", short: "h", .bool, "show this text")

    /// The same flag, without which the command does nothing.
    package var required: FlagSpec {
        var flag = self
        flag.isRequired = true
        return flag
    }

    /// Whether the flag needs no value.
    var needsNoValue: Bool { kind == .bool }

    /// `--jobs`, `-j`
    var spellings: [String] { ["--" + name] + (shorthand.map { ["-\($0)"] } ?? []) }

    /// `-j, --jobs`, as messages name it.
    var label: String { (shorthand.map { "-\($0), " } ?? "") + "--" + name }
}

/// What flags were given.
package struct FlagValues: Sendable, Hashable {
    private var texts: [String: [String]] = [:]

    package init() {}

    mutating func add(_ text: String, to flag: FlagSpec) { texts[flag.name, default: []].append(text) }

    package func isSet(_ name: String) -> Bool { texts[name] != nil }

    /// The last one given.
    package func text(_ name: String) -> String? { texts[name]?.last }

    package func texts(_ name: String) -> [String] { texts[name] ?? [] }

    package func bool(_ name: String) -> Bool { text(name).flatMap(GoLiteral.bool) ?? false }

    package func int(_ name: String) -> Int? { text(name).flatMap { try? GoLiteral.int($0) } }

    /// The words of all lists given, in order.
    package func list(_ name: String) -> [String] { texts(name).flatMap { (try? GoList.words($0)) ?? [] } }

    /// The pairs given, in order, each key as often as it was named.
    package func pairs(_ name: String) -> [(key: String, value: String)] {
        texts(name).flatMap { (try? GoList.pairs($0)) ?? [] }
    }

    /// The variables given, in order, each key as often as it was named.
    package func variables(_ name: String) -> [(key: String, value: String)] {
        texts(name).compactMap(GoList.pair)
    }
}
