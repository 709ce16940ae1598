// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Scripts around crane as people have them: `Public/README.md` says what each stands for.
@Suite struct ScriptTests {
    @Test(arguments: PublicScript.all)
    func `says, returns and leaves what it does with the original programs`(script: PublicScript) async throws {
        try await Stage.with { stage in
            let lines = try await stage.play(script)
            try Originals.record(
                (try await Originals.versions() + lines).joined(separator: "\n") + "\n", as: script.name)
            let expected = try script.expected(ofOriginal: Originals.arePlayed)
            #expect(lines == expected, "\(lines.difference(from: expected).map(Self.shown).joined(separator: "\n"))")
        }
    }

    private static func shown(_ change: CollectionDifference<String>.Change) -> String {
        switch change {
        case .insert(_, let line, _): "more: \(line)"
        case .remove(_, let line, _): "less: \(line)"
        }
    }

    @Test func `there are twenty of them and more, each with a line in the README`() throws {
        let page = PublicScript.all.first?.file.deletingLastPathComponent().appending(path: "README.md")
        let text = try String(contentsOf: try #require(page), encoding: .utf8)
        #expect(PublicScript.all.count >= 20)
        for script in PublicScript.all { #expect(text.contains("`\(script.file.lastPathComponent)`")) }
    }
}
