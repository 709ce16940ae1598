// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What people read who ask the program how it is used.
@Suite struct HelpTests {
    /// `UPDATE_REFERENCE=1 swift test --filter HelpTests` writes the page anew.
    @Test func `the command reference in the repository is what the program says`() async throws {
        let page = try repositoryFile("docs/reference/help.txt")
        let printed = try await Tool.transship("man", "--reference")
        if ProcessInfo.processInfo.environment["UPDATE_REFERENCE"] != nil {
            try Data(printed.output.utf8).write(to: page)
        }
        let stored = try String(contentsOf: page, encoding: .utf8)
        #expect(printed.output == stored, "an option changed: UPDATE_REFERENCE=1 writes docs/reference/help.txt anew")
    }

    @Test func `every command that the reference names answers with its own page`() async throws {
        let printed = try await Tool.transship("man", "--reference")
        let names = printed.lines.filter { $0.hasPrefix("==== ") && $0.hasSuffix(" ====") }.map {
            $0.dropFirst(5).dropLast(5).split(separator: " ").map(String.init)
        }
        #expect(names.contains(["bench", "copy"]) && names.count > 30)
        for words in names where words != ["transship"] {
            let page = try await Tool.run(Tool.products.appending(path: "transship").path, words + ["--help"])
            let line = "  transship \(words.joined(separator: " "))"
            #expect(page.status == 0 && page.lines.contains { $0.hasPrefix(line) }, "\(words): \(page)")
        }
    }

    private func repositoryFile(_ path: String) throws -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../\(path)").standardizedFileURL
    }

    @Test func `no line of any help is longer than 78 columns, so that every example can be pasted`() async throws {
        let printed = try await Tool.transship("man", "--reference")
        #expect(printed.lines.filter { $0.count > 78 } == [])
    }

    @Test func `every command has a man page that says what its help says`() async throws {
        let scratch = try Scratch()
        #expect(try await Tool.transship("man", scratch.path + "/man").status == 0)
        let page = try scratch.read("man/transship-batch.1")
        #expect(page.hasPrefix(".TH \"TRANSSHIP-BATCH\" 1"))
        #expect(page.contains(".SH \"EXAMPLES\"") && page.contains("\\fB\\-\\-fail\\-fast\\fR"))
        let pages = try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/man")
        #expect(pages.contains("transship.1") && pages.contains("transship-report-merge.1"))
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let words: [String]
        let says: [String]
        var testDescription: String { words.joined(separator: " ") }

        init(_ line: String, _ says: String...) {
            words = line.split(separator: " ").map(String.init)
            self.says = says
        }
    }

    @Test(arguments: [
        Mistake("scna", "transship has no command \"scna\"", "hint: did you mean transship scan?"),
        Mistake(
            "batch --nosuch", "error: transship batch has no option --nosuch", "Run 'transship batch --help' for usage."
        ),
        Mistake("plan l --rate fast", "hint: a number of bytes, such as 4096, 64KiB or 50MiB"),
        Mistake("check images.txt", "error: there is no file images.txt", "hint: an image of this name is written"),
        Mistake("bacth l", "hint: did you mean transship batch?"),
        Mistake(
            "batch l --referrers foo --to r.io/m", "--referrers takes new, all or none", "--referrers=TYPE/SUBTYPE"),
        Mistake("plan l --referrers a/b --to r.io/m", "hint: types follow a =: --referrers=a/b"),
        Mistake("batch x --fail-fats", "hint: did you mean --fail-fast?"),
        Mistake("report mrege", "transship report has no command \"mrege\"", "did you mean transship report merge?"),
        Mistake(
            "batch x --all", "hint: --all: all platforms are copied anyway; --platform OS/ARCH,OS/ARCH copies some"),
        Mistake("bench registry 127.0.0.1:1 --phase nope", "one of the following: blob-put, blob-pieces, blob-get, "),
        Mistake("bench copy --workload nope", "one of the following: shapes, sha512, big, huge, fleet, "),
        Mistake("batch", "error: missing expected argument", "Run 'transship batch --help' for usage."),
        Mistake(
            "cp --src-tls-verify=false a b",
            "hint: --src-tls-verify: name the registry: --insecure-registry HOST[:PORT]"),
        Mistake("cp --dest-creds=u:p a b", "log in once: transship auth login HOST -u USER --password-stdin"),
        Mistake("cp docker://quay.io/a/b c.example/b", "hint: leave out \"docker://\": quay.io/a/b"),
        Mistake(
            "cp --all docker://quay.io/a/b c.example/b",
            "hint: --all: all platforms are copied anyway", "hint: leave out \"docker://\": quay.io/a/b"),
        Mistake("login quay.io", "hint: transship auth login HOST -u USER --password-stdin"),
        Mistake("inspect quay.io/a/b", "hint: transship manifest IMAGE shows its manifest"),
        Mistake("sync --src a", "hint: transship batch LIST --to HOST/PATH"),
        Mistake("list-tags quay.io/a/b", "hint: transship ls REPOSITORY"),
        Mistake("pulls x.json --chart x.png", "rsvg-convert chart.svg -o chart.png makes a PNG of one"),
        Mistake("cp a oci-archive:x.tar", "\"oci-archive:x.tar\" names an image in skopeo's way"),
        Mistake("cp dir:x c.example/b", "hint: oci:x is a folder with an image, as an OCI image layout"),
        Mistake(
            "verify docker-daemon:app:v1",
            "docker save app:v1 -o image.tar, then transship push image.tar REGISTRY/IMAGE"),
    ])
    func `a mistake is answered with what to type`(mistake: Mistake) async throws {
        let finished = try await Tool.run(Tool.products.appending(path: "transship").path, mistake.words)
        #expect(finished.status != 0 && finished.output.isEmpty)
        for text in mistake.says { #expect(finished.errors.contains(text), "\(finished)") }
    }

    @Test(arguments: [
        (
            "version: 1\nsync:\n  - source: ghcr.io/a/b\n    target: r.example/b\n    type: repository\n",
            "ghcr.io/a/b:* r.example/b"
        ),
        ("registry.example:\n  images:\n    team/app:\n      - \"1.0\"\n", "registry.example/team/app:1.0"),
        ("quay.io/a/b:v1: r.example/b\n", "quay.io/a/b:v1 r.example/b"),
        ("{\n  \"quay.io/a/b:v1\": \"r.example/b\"\n}\n", "quay.io/a/b:v1 r.example/b"),
    ])
    func `another tool's configuration is told how it looks as a list`(text: String, line: String) async throws {
        let scratch = try Scratch()
        let finished = try await Tool.transship("plan", try scratch.write("sync.yaml", text), "--to", "r.example/m")
        #expect(finished.status == 2 && finished.errors.contains("its first one is: \(line)\n"), "\(finished)")
    }

    @Test func `every hint of a list is shown, each once`() async throws {
        let scratch = try Scratch()
        let list = try scratch.write("list", "https://a.example/x\nquay.io/Acme/web\nhttps://a.example/x\n")
        let finished = try await Tool.transship("plan", list, "--to", "r.example/m")
        let hints = finished.errors.split(separator: "\n").filter { $0.hasPrefix("hint: ") }
        #expect(hints.count == 2 && Set(hints).count == 2, "\(finished)")
    }

    @Test(arguments: [
        ["batch", "x", "--output", "json", "--to", "r.example/m"], ["rewrite", "x", "--mapping", "list"],
    ])
    func `an option's old name works and says the new one`(words: [String]) async throws {
        let finished = try await Tool.run(Tool.products.appending(path: "transship").path, words)
        #expect(finished.errors.contains("the old name goes on working"), "\(finished)")
        #expect(!finished.errors.contains("has no option"))
    }
}
