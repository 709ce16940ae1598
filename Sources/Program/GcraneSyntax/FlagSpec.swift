// SPDX-License-Identifier: Apache-2.0

/// A flag as it is declared: how it is spelled, what it takes, what it does.
package struct FlagSpec: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case bool
        case int
        case string
        /// `os/arch[/variant][:osversion]`, checked when it is parsed.
        case platform
        /// Platforms separated by commas; may be given several times.
        case platforms
        /// May be given several times.
        case strings
        /// Words separated by commas, quoted as in CSV if they contain commas; may be given several times.
        case list
        /// `key=value` pairs separated by commas; may be given several times. The last value of a key counts.
        case pairs
        /// One `key=value`, in which commas have no meaning; may be given several times.
        case variables

        /// Whether a further value is added to the earlier ones instead of replacing them.
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
    /// The default value as the help shows it; nil if the help shows none.
    package var defaultText: String?
    /// The allowed values; empty if any value is allowed.
    package var choices: [String] = []
    /// The flag is accepted, but neither shown in the help nor offered by completion.
    package var isHidden = false
    /// Whether the command refuses to run without this flag.
    package var isRequired = false
    /// The name of its value, such as `file` or `host[:port]`. transship's own help shows it, and completion uses it.
    package var valueName: String?
    /// The heading under which transship's own help shows it; nil: the usual heading.
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

    /// The same flag, marked as required.
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

/// The flags that were given, with their values.
package struct FlagValues: Sendable, Hashable {
    private var texts: [String: [String]] = [:]

    package init() {}

    mutating func add(_ text: String, to flag: FlagSpec) { texts[flag.name, default: []].append(text) }

    package func isSet(_ name: String) -> Bool { texts[name] != nil }

    /// The last value that was given; nil if there is none.
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
