/// A flag as it is declared: how it is spelled, what it takes, what it does.
package struct FlagSpec: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case bool
        case int
        case string
        /// `os/arch[/variant][:osversion]`, checked where it stands.
        case platform
        /// May be given several times.
        case strings
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

    package init(
        _ name: String, _ shorthand: Character? = nil, _ kind: Kind = .bool, _ usage: String,
        defaultText: String? = nil, choices: [String] = [], isHidden: Bool = false
    ) {
        self.name = name
        self.shorthand = shorthand
        self.kind = kind
        self.usage = usage
        self.defaultText = defaultText
        self.choices = choices
        self.isHidden = isHidden
    }

    package static let help = FlagSpec("help", "h", .bool, "show this text")

    /// Whether the flag stands for something without a value of its own.
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
}
