// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `transship pulls` as a user runs it.
@Suite struct PullsTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/pulls").path

    private func pulls(_ log: String, _ options: String..., environment: [String: String] = [:], input: String = "")
        async throws -> Finished
    {
        let log = log == "-" ? log : "\(Self.fixtures)/\(log)"
        return try await Tool.run(
            Tool.products.appending(path: "transship").path, ["pulls", log] + options, environment: environment,
            input: input)
    }

    @Test func `the tables go to standard output, the rest to standard error`() async throws {
        let run = try await pulls("gcloud.json")
        #expect(run.status == 0, "\(run)")
        #expect(run.lines.prefix(2) == ["PULLS  IMAGE", "    3  nginx:1.14.2"], "\(run)")
        #expect(run.errors.hasPrefix("7 pulls of 4 images"), "\(run)")
    }

    @Test func `standard input is a log like any other`() async throws {
        let text = try String(contentsOfFile: "\(Self.fixtures)/bigquery.csv", encoding: .utf8)
        let run = try await pulls("-", "--format", "csv", input: text)
        #expect(run.lines.first == "imageName,numberOfPulls,registry", "\(run)")
        #expect(run.lines.dropFirst().first == "nginx:1.14.2,3,docker.io", "\(run)")
    }

    @Test func `other registries than expected are listed and make the exit code 1`() async throws {
        let run = try await pulls("sink.jsonl", "--by", "minute", "--expect-registry", "docker.pkg.dev")
        #expect(run.status == 1, "\(run)")
        #expect(run.output.contains("STILL PULLED FROM ELSEWHERE"), "\(run)")
        #expect(run.errors.contains("error: 3 images (6 pulls) came from other registries"), "\(run)")
        let later = try await pulls(
            "sink.jsonl", "--since", "2026-11-02T10:45", "--until", "2026-11-02T12:00", "--expect-registry",
            "docker.pkg.dev")
        #expect(later.status == 0, "\(later)")
    }

    @Test func `findings of scan say who uses an image`() async throws {
        let run = try await pulls("sink.jsonl.gz", "--used-by", "\(Self.fixtures)/found.jsonl")
        #expect(run.output.contains("nginx:1.14.2                             deploy/web.yaml:12 and 1 more"), "\(run)")
        #expect(run.output.contains("debian:stretch"), "\(run)")
    }

    @Test func `malformed entries are named, and strict makes them count`() async throws {
        let run = try await pulls("malformed.jsonl")
        #expect(run.status == 0, "\(run)")
        #expect(run.errors.contains("malformed.jsonl:4: \"yesterday\" is no time"), "\(run)")
        let strict = try await pulls("malformed.jsonl", "--strict")
        #expect(strict.status == 1, "\(strict)")
    }

    @Test func `a gate does not pass what it could not see`() async throws {
        let expected = ["--expect-registry", "docker.pkg.dev"]
        let empty = try await Tool.run(
            Tool.products.appending(path: "transship").path, ["pulls", "-"] + expected, input: "[]")
        #expect(
            empty.status == 1 && empty.errors.contains("error: no pulls in these logs: nothing is proven"), "\(empty)")
        let allowed = try await Tool.run(
            Tool.products.appending(path: "transship").path, ["pulls", "-", "--allow-empty"] + expected, input: "[]")
        #expect(allowed.status == 0, "\(allowed)")
        let pull = #"{"jsonPayload":{"reason":"Pulling","message":"Pulling image \"a-docker.pkg.dev/p/r/i:1\""}}"#
        let unread = try await Tool.run(
            Tool.products.appending(path: "transship").path, ["pulls", "-"] + expected,
            input: pull + "\n" + #"{"jsonPayload":{"reason":"Pulling","message":"Pulling image"}}"# + "\n")
        #expect(unread.status == 1 && unread.errors.contains("has no image between quotes"), "\(unread)")
    }

    @Test(arguments: ["svg", "html"])
    func `a chart is written beside the tables`(kind: String) async throws {
        let run = try await pulls("sink.jsonl", "--chart", "\(scratch.path)/chart.\(kind)")
        #expect(run.status == 0, "\(run)")
        let size = try FileManager.default.attributesOfItem(atPath: "\(scratch.path)/chart.\(kind)")[.size] as? Int
        #expect(size ?? 0 > 1000)
    }

    @Test(arguments: [
        ["--since", "soon"], ["--timezone", "Nowhere/Land"], ["--timezone", "../../etc/passwd"],
        ["--limit", "docker.io"],
        ["--chart", "chart.png"], ["--top", "0"], ["--time-format", "%Q"], ["--used-by", "/nonexistent"],
        ["--by", "year"],
    ])
    func `what the user typed wrong is said with exit code 2`(options: [String]) async throws {
        let run = try await Tool.run(
            Tool.products.appending(path: "transship").path, ["pulls", "\(Self.fixtures)/sink.jsonl"] + options)
        #expect(run.status == 2, "\(run)")
        #expect(run.errors.hasPrefix("error: "), "\(run)")
        #expect(run.output.isEmpty, "\(run)")
    }

    @Test func `a file that is no log is refused with a hint`() async throws {
        let run = try await pulls("-", input: "apiVersion: v1\nitems: []\n")
        #expect(run.status == 2, "\(run)")
        #expect(run.errors.contains("hint: export it with kubectl get events"), "\(run)")
        let missing = try await pulls("nosuch.json")
        #expect(missing.status == 2 && missing.errors.contains("no such file"), "\(missing)")
        let findings = try await pulls("found.jsonl")
        #expect(findings.status == 2 && findings.errors.contains("found.jsonl:1"), "\(findings)")
    }
}
