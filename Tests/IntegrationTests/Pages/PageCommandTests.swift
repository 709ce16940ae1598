// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What a command of this program has, by the stored help.
struct HelpedCommands {
    /// Options by a command's words, such as `bench copy`; `cp` and `copy` are one.
    let options: [String: Set<String>]

    init(_ help: String) {
        var options: [String: Set<String>] = [:]
        for part in help.components(separatedBy: "\n==== ").dropFirst() {
            let head = part.prefix { $0 != "\n" }.replacing(" ====", with: "")
            options[String(head)] = Self.options(in: part)
        }
        self.options = options
    }

    static func options(in text: some StringProtocol) -> Set<String> {
        Set(String(text).matches(of: /(?:^|[^\w-])(--[a-z][a-z0-9-]*)/).map { String($0.output.1) })
    }

    /// Options on a line that its command does not have; nil where no command of ours is named.
    func unknownOptions(on line: some StringProtocol) -> [String] {
        String(line).matches(of: /\btransship ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?([^|`;<]*)/).flatMap { match in
            let first = String(match.output.1)
            let names = [match.output.2.map { "\(first) \($0)" }, first].compactMap(\.self)
            guard let known = names.lazy.compactMap({ options[$0] ?? options[Self.otherName($0)] }).first else {
                return [String]()
            }
            let rest = String(match.output.3).prefix { $0 != "'" }
            return Self.options(in: rest).subtracting(known).sorted().map { "\(names.last ?? ""): \($0)" }
        }
    }

    private static func otherName(_ name: String) -> String {
        ["cp": "copy", "copy": "cp", "bench copy": "bench cp", "bench cp": "bench copy"][name] ?? name
    }
}

/// Commands that no test can run as they stand, in tables, in running text, in YAML and units: their options exist at least.
@Suite struct PageCommandTests {
    private let checkout = Checkout()

    private static let paths =
        PageTests.paths + ["Tools/deploy/kubernetes-job.yaml", "Tools/deploy/cloud-run-job.yaml", "action.yml"]

    @Test(arguments: paths) func `every option that a page gives a command is in that command's help`(path: String)
        throws
    {
        let help = HelpedCommands(try checkout.text("docs/reference/help.txt"))
        #expect(help.options["batch"]?.contains("--to") == true)
        let text = try checkout.text(path).replacing(/\\\n(?:> )?/, with: " ")
        for line in text.split(separator: "\n") { #expect(help.unknownOptions(on: line) == [], "\(line)") }
    }

    @Test func `an option of another command is found, also in a table`() {
        let help = HelpedCommands("\n==== cp ====\n  --sparse\n\n==== report merge ====\n  --failures <file>\n")
        #expect(help.unknownOptions(on: "| `x` | `transship cp --sparse A B`, not `--y` |") == [])
        #expect(help.unknownOptions(on: "0 2 * * *  /usr/bin/transship cp A B --wait") == ["cp: --wait"])
        #expect(help.unknownOptions(on: "transship report merge a --to b") == ["report: --to"])
        #expect(help.unknownOptions(on: "`transship copy --sparse`; transship is --fast") == [])
    }
}
