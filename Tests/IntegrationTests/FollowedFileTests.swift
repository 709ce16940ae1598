// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Files that are found because another one names them, with what that one says of them.
@Suite struct FollowedFileTests {
    struct Tree: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let files: [String: String]
        /// `FILE:LINE REFERENCE` each.
        let found: [String]
        var absent: [String] = []

        init(_ name: String, _ files: [String: String], find found: [String], not absent: [String] = []) {
            (testDescription, self.files, self.found, self.absent) = (name, files, found, absent)
        }
    }

    private static let dockerfile = "ARG V=11\nFROM quay.io/a/df:$V\n"

    static let builds = [
        Tree(
            "a command in a folder below, which runs in the project's",
            ["hack/x.sh": "docker build -f ci/Df --build-arg V=12 .\n", "ci/Df": dockerfile],
            find: ["ci/Df:2 quay.io/a/df:12"]),
        Tree(
            "a command beside the file, where the project has another one",
            ["sub/x.sh": "docker build -f Df --build-arg V=12 .\n", "sub/Df": dockerfile, "Df": dockerfile],
            find: ["sub/Df:2 quay.io/a/df:12"], not: ["Df:2 quay.io/a/df:12"]),
        Tree(
            "podman's file in the folder that is built",
            ["x.sh": "podman build -f Df sub\n", "sub/Df": dockerfile], find: ["sub/Df:2 quay.io/a/df:11"]),
        Tree(
            "a workflow's action with a matrix",
            [
                ".github/workflows/a.yml":
                    "jobs:\n  a:\n    strategy: {matrix: {v: [12, 13]}}\n    steps:\n    - uses: docker/build-push-action@v5\n"
                    + "      with: {context: ci, build-args: \"V=${{ matrix.v }}\"}\n",
                "ci/Dockerfile": "ARG V\nFROM quay.io/a/df:$V\n",
            ], find: ["ci/Dockerfile:2 quay.io/a/df:12", "ci/Dockerfile:2 quay.io/a/df:13"]),
        Tree(
            "Bake in JSON",
            [
                "docker-bake.json": #"{"target": {"a": {"context": "b", "args": {"V": "13"}}}}"#,
                "b/Dockerfile": dockerfile,
            ], find: ["b/Dockerfile:2 quay.io/a/df:13"]),
    ]

    @Test(arguments: builds) func `a Dockerfile that is built is read with what it is given`(tree: Tree) async throws {
        try await Self.check(tree)
    }

    static let pipelines = [
        Tree(
            "GitLab's two stars",
            [
                ".gitlab-ci.yml": "include:\n- local: '/ci/**.yml'\n",
                "ci/a.yml": "h: {image: \"quay.io/a/h:1\", script: x}\n",
                "ci/q/b.yml": "i: {image: \"quay.io/a/i:1\", script: x}\n",
            ], find: ["ci/a.yml:1 quay.io/a/h:1", "ci/q/b.yml:1 quay.io/a/i:1"])
    ]

    @Test(arguments: pipelines) func `parts of a pipeline are read wherever they stand`(tree: Tree) async throws {
        try await Self.check(tree)
    }

    static func check(_ tree: Tree) async throws {
        let scratch = try Scratch()
        for (name, text) in tree.files {
            let folder = URL(filePath: "\(scratch.path)/\(name)").deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            _ = try scratch.write(name, text)
        }
        let run = try await Tool.transship("scan", scratch.path, "--format", "json")
        let lines = try run.lines.map { line in
            let found = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let file = (found["file"] as? String ?? "").dropFirst(scratch.path.count + 1)
            return "\(file):\(found["line"] as? Int ?? 0) \(found["reference"] as? String ?? "?")"
        }
        #expect(Set(tree.found).subtracting(lines) == [], "\(run)")
        #expect(Set(tree.absent).intersection(lines) == [], "\(run)")
    }
}
