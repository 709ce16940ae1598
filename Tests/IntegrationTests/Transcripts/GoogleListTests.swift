// SPDX-License-Identifier: Apache-2.0

import ProtocolCases
import Testing

/// Google's extended tag lists over the wire: children, manifests without a tag, several tags of one manifest.
@Suite struct GoogleListTests {
    /// A registry that holds what its lists say.
    private func withGoogle(_ body: (Stage) async throws -> Void) async throws {
        try await Stage.with { stage in
            for command in [
                "gcrane cp {source}/shapes/index:v1 {google}/team/app:v1",
                "gcrane cp {source}/shapes/zstd:v1 {google}/team/app@sha256:{zstd}",
            ] {
                let lines = try await stage.play(command)
                try #require(lines.last == "= 0", "\(lines)")
            }
            try await body(stage)
        }
    }

    private func digests(_ stage: Stage, _ names: [String]) async throws -> [String] {
        try await names.asyncMap { try await stage.play("gcrane digest {target}/copy/app\($0)")[0] }
    }

    @Test(.covers("T07")) func `a tree is copied with its children, its tags, and what has none`() async throws {
        try await withGoogle { stage in
            let lines = try await stage.play("gcrane cp -rj1 {google}/team {target}/copy")
            #expect(lines.last == "= 0", "\(lines)")
            #expect(lines.contains { $0.hasPrefix("! TIME 5 images: ") && !$0.contains("failed") }, "\(lines)")
            let found = try await digests(
                stage, [":v1", ":stable", "@sha256:{zstd}", "@sha256:{oci}", "@sha256:{index_child_1}"])
            #expect(
                found == [
                    "> sha256:{index}", "> sha256:{index}", "> sha256:{zstd}", "> sha256:{oci}",
                    "> sha256:{index child 1}",
                ])
        }
    }

    private func place(_ images: [String: String], _ stage: Stage) async throws {
        for (place, image) in images {
            let lines = try await stage.play("gcrane cp {source}/shapes/\(image):v1 {google}/\(place)")
            try #require(lines.last == "= 0", "\(lines)")
        }
    }

    @Test(.disabled(if: Originals.arePlayed))
    func `a tag is copied by itself where no manifest of the list has it`() async throws {
        try await Stage.with { stage in
            try await place(["loose:v1": "oci", "loose:v2": "zstd"], stage)
            let lines = try await stage.play("gcrane cp -rj1 {google}/loose {target}/copy/app")
            #expect(lines.contains("! TIME 2 images: 2 copied") && lines.last == "= 0", "\(lines)")
            #expect(try await digests(stage, [":v1", ":v2"]) == ["> sha256:{oci}", "> sha256:{zstd}"])
        }
    }

    @Test(.disabled(if: Originals.arePlayed))
    func `repositories of which no manifests are listed are copied by their tags, those below them too`() async throws {
        try await Stage.with { stage in
            try await place(["above:v1": "oci", "above/below:v1": "zstd"], stage)
            let lines = try await stage.play("gcrane cp -rj1 {google}/above {target}/copy/app")
            #expect(lines.last == "= 0", "\(lines)")
            #expect(try await digests(stage, [":v1", "/below:v1"]) == ["> sha256:{oci}", "> sha256:{zstd}"])
        }
    }

    @Test(.disabled(if: Originals.arePlayed))
    func `one platform of a tree takes the place of an index that the target lists`() async throws {
        try await withGoogle { stage in
            let image = try await stage.play("gcrane digest --platform linux/arm64 {google}/team/app:v1")
            let lines = try await stage.play("transship cp -rj1 --platform linux/arm64 {google}/team {google}/team")
            #expect(lines.last == "= 0", "\(lines)")
            for tag in ["v1", "stable"] {
                #expect(try await stage.play("gcrane digest {google}/team/app:\(tag)") == image)
            }
        }
    }

    @Test func `what the target lists already is not asked for again`() async throws {
        try await withGoogle { stage in
            let lines = try await stage.play("gcrane cp -rj1 {google}/team {google}/team")
            #expect(lines == ["! TIME 0 images: nothing to do", "= 0"])
        }
    }

    @Test func `ls names repositories below, manifests and their tags`() async throws {
        try await withGoogle { stage in
            let below = try await stage.play("gcrane ls {google}/team")
            #expect(below == ["> {google}/team/app", "= 0"])
            let lines = try await stage.play("gcrane ls -r {google}/team")
            let names = [
                "@sha256:{index}", ":stable", ":v1", "@sha256:{oci}", "@sha256:{index child 1}", "@sha256:{zstd}",
            ]
            #expect(Set(lines.dropLast()) == Set(names.map { "> {google}/team/app\($0)" }))
            let position = lines.firstIndex(of: "> {google}/team/app@sha256:{index}") ?? 0
            #expect(lines[position + 1] == "> {google}/team/app:stable")
            let json = try await stage.play("gcrane ls --json {google}/team")
            #expect(json == [#"> {"child":["app"],"manifest":{},"name":"team","tags":[]}"#, "= 0"])
        }
    }

    @Test func `gc lists what nothing names, and nothing that a tagged index holds`() async throws {
        try await withGoogle { stage in
            let garbage = ["> {google}/team/app@sha256:{zstd}", "= 0"]
            let nothing = "! TIME {source}/shapes/oci: this registry does not list manifests without a tag"
            let rows = [
                ("{google}/team/app", garbage), ("-r {google}/team", garbage), ("{google}/team", ["= 0"]),
                ("{source}/shapes/oci", [nothing, "= 0"]),
            ]
            for (arguments, expected) in rows {
                let lines = try await stage.play("gcrane gc \(arguments)")
                #expect(lines == expected)
            }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
