// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TransshipTesting

/// Numbers that users type: each is taken or refused in words, and none ends the program by a trap.
@Suite struct OptionNumberTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// The command line before the number, the number's place marked by `#`.
    private static let batch = [
        "--jobs=#", "--connections-per-registry=#", "--memory=#MiB", "--limit-rate=#", "--chunk-size=#GiB",
        "--requests=r.io=#/h", "--shard=0/#",
    ]
    private static let plan = ["--rate=#TiB", "--shards=#"]
    private static let pulls = ["--top=#", "--limit=r.io=#/1d", "--since=#d"]

    /// Each of these runs a program for each option: one of every kind, the others are in the tests of the readers.
    private static let numbers = ExtremeNumber.all.filter {
        $0.value != nil || ["-1", "1e300", "NaN", "0.5", "\u{663}"].contains($0.text) || $0.text.utf8.count == 400
    }

    private func run(_ command: String, _ options: [String], _ file: String, _ number: ExtremeNumber) async throws {
        for option in options {
            let argument = option.replacing("#", with: number.text)
            let ended = try await Tool.transship(command, argument, file)
            // 4 is SIGILL and 5 SIGTRAP, and no pull quota is used up here.
            #expect([0, 2].contains(ended.status), "\(command) \(argument): \(ended)")
            #expect(ended.status == 0 || !ended.errors.isEmpty)
        }
    }

    @Test(arguments: [
        ["batch", "list.txt", "--failures", "a.txt", "--failures", "b.txt"],
        ["verify", "list.txt", "-j", "3", "--jobs=4"], ["plan", "list.txt", "--output=json", "--format", "text"],
        ["scan", ".", "--format", "json", "--format", "text"], ["check", "list.txt", "-j4", "-j", "5"],
    ])
    func `an option that takes one value is refused where it stands twice`(words: [String]) async throws {
        let refused = try await Tool.run(Tool.products.appending(path: "transship").path, words)
        #expect(refused.status == 2 && refused.errors.contains(" was given twice, and takes one value"), "\(refused)")
    }

    @Test(arguments: [
        "cp --jobs 2 --jobs 3 a b", "auth login -u a -u b r.example", "version --format json --format text",
        "mutate --tag b --tag c a", "pull --format oci --format tarball a b",
    ])
    func `so it is in the commands that gcrane has, under our own name`(line: String) async throws {
        let words = line.split(separator: " ").map(String.init)
        let refused = try await Tool.run(Tool.products.appending(path: "transship").path, words)
        #expect(refused.status != 0 && refused.errors.contains(" was given twice, and takes one value"), "\(refused)")
    }

    @Test func `an option that takes several values may stand several times, and words behind -- are none`()
        async throws
    {
        let (list, to) = ("127.0.0.1:1/no-such-list", ["--to", "127.0.0.1:1/a", "--to", "127.0.0.1:1/b"])
        let taken = try await Tool.run(Tool.products.appending(path: "transship").path, ["batch", list] + to)
        #expect(taken.status == 2 && !taken.errors.contains("twice"), "\(taken)")
        let platforms = ["--platform", "linux/amd64", "--platform", "linux/arm64"]
        let chosen = try await Tool.run(Tool.products.appending(path: "transship").path, ["batch", list] + platforms)
        #expect(chosen.status == 2 && !chosen.errors.contains("twice"), "\(chosen)")
        let behind = try await Tool.run(
            Tool.products.appending(path: "transship").path, ["batch", "--jobs", "2", "--", "--jobs", "--jobs"])
        #expect(behind.status == 2 && !behind.errors.contains("twice"), "\(behind)")
    }

    @Test(
        arguments: [
            (["--referrers"], nil), (["--referrers", "new"], nil), (["--referrers=none"], nil),
            (["--referrers=application/spdx+json,a/b"], nil), (["--referrers=some"], "'some' is invalid"),
            (["--referrers="], "--referrers"), (["--referrers", "--referrers=new"], "--referrers was given twice"),
        ] as [([String], String?)])
    func `referrers are chosen by a word, by types, or by the option alone`(
        words: [String], refusal: String?
    ) async throws {
        let list = "127.0.0.1:1/no-such-list"
        let told = try await Tool.run(Tool.products.appending(path: "transship").path, ["batch"] + words + [list])
        #expect(told.status == 2 && told.errors.contains(refusal ?? list), "\(told)")
    }

    @Test(arguments: numbers) func `an option with any number is taken or refused in words`(
        number: ExtremeNumber
    ) async throws {
        let list = try scratch.write("list.txt", "# nothing to do\n")
        let log = try scratch.write(
            "log.json",
            #"{"reason":"Pulling","message":"Pulling image \"a\"","timestamp":"2026-11-02T09:00:00Z"}"# + "\n")
        try await run("batch", Self.batch, list, number)
        try await run("plan", Self.plan, list, number)
        try await run("pulls", Self.pulls, log, number)
    }
}
