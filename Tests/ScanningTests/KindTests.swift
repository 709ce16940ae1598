// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import Scanning

/// Which kinds are looked for, and what else is told.
@Suite struct KindTests {
    private let script = Array("docker run redis:7\n".utf8)

    private func scan(_ bytes: [UInt8], _ path: String, including: [String] = [], excluding: [String] = []) throws
        -> [String]
    {
        var options = ScanOptions()
        options.kinds = try KindFilter(including: including, excluding: excluding)
        return FileScanner(options: options).scan(bytes, kind: FileKind(path: path)).findings.map(\.text)
    }

    @Test func `are all looked for until some are chosen or left out`() throws {
        #expect(try scan(script, "a.sh") == ["redis:7"])
        #expect(try scan(script, "a.sh", including: ["shell"]) == ["redis:7"])
        #expect(try scan(script, "a.sh", including: ["compose"]) == [])
        #expect(try scan(script, "a.sh", excluding: ["shell"]) == [])
    }

    @Test func `are chosen by the beginning of their names`() throws {
        let dockerfile = Array("FROM debian:12\nCOPY --from=nginx:1 /a /\n".utf8)
        #expect(try scan(dockerfile, "Dockerfile", including: ["dockerfile"]) == ["debian:12", "nginx:1"])
        #expect(try scan(dockerfile, "Dockerfile", including: ["dockerfile.copy"]) == ["nginx:1"])
        #expect(try scan(dockerfile, "Dockerfile", excluding: ["dockerfile"]) == [])
    }

    @Test func `that do not exist are refused, naming those that do`() {
        let error = #expect(throws: ScanProblem.self) { try KindFilter(including: ["dockerfiles"], excluding: []) }
        #expect(error?.message.contains("dockerfile, dotenv") == true)
    }

    @Test func `decide whether a file is read at all`() throws {
        let filter = try KindFilter(including: [], excluding: ["testcontainers", "pulumi", "dagger", "aws"])
        #expect(!filter.keeps(.text(.java)) && filter.keeps(.text(.shell)) && filter.keeps(.yaml))
    }

    @Test(arguments: [
        "jobs:\n- image: alpine:3.1\n", "{\"jobs\": [{\"ciImage\" : \"alpine:3.1\"}]}", "base_image: 'alpine:3.1'\n",
    ])
    func `a name with a tag is guessed at under a key that says image`(text: String) {
        func found(_ change: (inout ScanOptions) -> Void) -> ScanResult {
            var options = ScanOptions()
            change(&options)
            return FileScanner(options: options).scan(Array(text.utf8), kind: text.hasPrefix("{") ? .json : .yaml)
        }
        #expect(found { $0.countsGuesses = true }.guesses.map(\.text) == ["alpine:3.1"])
        #expect(found { $0.findsGuesses = true }.findings.map(\.text) == ["alpine:3.1"])
    }

    @Test func `a time, a port and a name without a tag are no guesses`() {
        var options = ScanOptions()
        options.countsGuesses = true
        let text = "image: alpine\nold_image: localhost:80\nat: 12:30\nbuild: alpine:3.1\nmachine: {image: disk:1}\n"
        #expect(FileScanner(options: options).scan(Array(text.utf8), kind: .yaml).guesses == [])
    }

    @Test func `files are read that name others in which they may be found`() throws {
        let filter = try KindFilter(including: ["dockerfile"], excluding: [])
        for path in ["a.sh", "Makefile", "main.tf", "Tiltfile", "Jenkinsfile", "own.build", "justfile"] {
            #expect(FileKind(path: path).map(filter.keeps) == true, "\(path)")
        }
        #expect(!filter.keeps(.text(.dotenv)))
        #expect(FileKind(path: "own.build").map(KindFilter().keeps) == true)
    }

    @Test func `files are read whose commands name others in which they may be found`() throws {
        for kind in ["compose", "bake", "kubernetes", "kustomize"] {
            let filter = try KindFilter(including: [kind], excluding: [])
            for path in ["a.sh", "Makefile", "Jenkinsfile", "justfile", "a.service"] {
                #expect(FileKind(path: path).map(filter.keeps) == true, "\(kind) \(path)")
            }
        }
    }

    /// What would be found with guesses is told apart, in documents that are read and in those that are not.
    @Test(arguments: [
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: redis:7\n    args: [--x=quay.io/a/b:1.2]\n",
        "settings:\n  worker: quay.io/a/b:1.2\n",
    ])
    func `guesses are counted where they are not asked for`(text: String) {
        var options = ScanOptions()
        options.countsGuesses = true
        let result = FileScanner(options: options).scan(Array(text.utf8), kind: .yaml)
        #expect(result.guesses.map(\.text) == ["quay.io/a/b:1.2"])
        #expect(!result.findings.contains { $0.isGuess })
    }
}
