// SPDX-License-Identifier: Apache-2.0

/// Options with former names. The old names still work, with a notice.
enum RenamedOptions {
    private static let names: [(command: String, old: String, new: String)] =
        ["batch", "plan", "check", "verify"].map { ($0, "--output", "--format") }
        + [("rewrite", "--mapping", "--map-file")]

    static var oldNames: [String] { names.map(\.old) }

    /// The current name of an option.
    static func newName(of option: String) -> String { names.first { $0.old == option }?.new ?? option }

    /// A line for each old name in a command line.
    static func notes(on words: [String]) -> [String] {
        guard let command = words.first else { return [] }
        let options = Set(words.prefix { $0 != "--" }.map { String($0.prefix { $0 != "=" }) })
        return names.filter { $0.command == command && options.contains($0.old) }.map { entry in
            "note: \(entry.old) is now called \(entry.new); the old name goes on working"
        }
    }
}
