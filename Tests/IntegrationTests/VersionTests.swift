// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the program says of itself, for reports of faults and for packages.
@Suite struct VersionTests {
    private let checkout = Checkout()

    @Test func `names version, commit, Swift and zlib, a line each`() async throws {
        let run = try await Tool.transship("version")
        #expect(run.status == 0, "\(run)")
        #expect(run.lines.map { $0.split(separator: " ").first } == ["transship", "commit", "swift", "zlib"], "\(run)")
        #expect(run.lines.first == "transship \(try checkout.version)")
    }

    @Test(arguments: ["--format", "--output"])
    func `the same as an object`(flag: String) async throws {
        let run = try await Tool.transship("version", flag, "json")
        let facts = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(Set(facts.keys) == ["version", "commit", "swift", "zlib"], "\(run)")
        #expect(facts["version"] as? String == (try checkout.version))
        #expect((facts["swift"] as? String)?.hasPrefix("6.") == true)
        let text = try await Tool.transship("version")
        #expect(text.lines.last == "zlib \(facts["zlib"] as? String ?? "")")
    }

    @Test func `a form that it does not have is refused`() async throws {
        let run = try await Tool.transship("version", "--format", "yaml")
        #expect(run.status == 1, "\(run)")
        #expect(run.errors == "Error: --format yaml is not a form; it takes text or json\n")
    }

    @Test func `no other file of the repository names another version of the program`() throws {
        let version = try checkout.version
        for path in try checkout.files(below: ["Tools", "docs", "README.md", ".github", "action.yml"]) {
            let text = try checkout.text(path)
            for match in text.matches(of: /transship[:_@-]v?(\d+\.\d+\.\d+)/) {
                #expect(match.output.1 == version, "\(path): \(match.output.0)")
            }
        }
    }

    @Test func `the changelog's newest dated section is this version's`() throws {
        let sections = try checkout.text("CHANGELOG.md").matches(of: /\n## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}\n/)
        #expect(try sections.first?.output.1 == checkout.version[...])
    }
}
