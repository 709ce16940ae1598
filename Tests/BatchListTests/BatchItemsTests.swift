// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Testing

private let hex = String(repeating: "ab", count: 32)

private func rule(_ mapping: TargetMapping = .asWritten) throws -> TargetRule {
    TargetRule(prefix: try TargetPrefix(parsing: "localhost:5000/m"), mapping: mapping)
}

private func problems(_ list: String, _ mapping: TargetMapping = .asWritten) throws -> [String] {
    let rule = try rule(mapping)
    var parser = parsed(list)
    parser.folder = { $0.replacing("link", with: "lay") }
    do throws(BatchListError) {
        _ = try parser.items(rule: rule)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite struct BatchItemsTests {
    private func targets(_ list: String, _ mapping: TargetMapping = .asWritten) throws -> [String] {
        try parsed(list).items(rule: rule(mapping)).map(\.target.asTyped)
    }

    @Test func `sends each line below the prefix, or where the line says`() throws {
        #expect(try targets("ubuntu:18.04\na:1 gcr.io/p/b:2") == ["localhost:5000/m/ubuntu:18.04", "gcr.io/p/b:2"])
    }

    @Test func `needs no prefix where every line has a target`() throws {
        #expect(try parsed("a:1 gcr.io/p/b:2").items(rule: nil).count == 1)
    }

    @Test(arguments: [
        "a:1\na:1", "a:1\n\na:1 # again", "a:1\na:1 localhost:5000/m/a:1", "a\na:latest localhost:5000/m/a",
    ])
    func `makes one item of lines that say the same`(list: String) throws {
        let items = try parsed(list).items(rule: rule())
        #expect(items.count == 1)
        #expect(items[0].place.line == 1)
    }

    @Test func `keeps one source with two targets apart`() throws {
        #expect(try targets("a:1\na:1 gcr.io/p/a:1").count == 2)
    }

    @Test func `keeps the same image under two names apart where they arrive under two names`() throws {
        #expect(try targets("ubuntu\ndocker.io/library/ubuntu").count == 2)
    }

    @Test func `makes one item of two names that arrive under one`() throws {
        #expect(try targets("ubuntu\ndocker.io/library/ubuntu", .flatten).count == 1)
    }

    @Test func `lets one digest arrive twice at one tag`() throws {
        let list = "quay.io/a@sha256:\(hex) gcr.io/p/a:1\nghcr.io/a@sha256:\(hex) gcr.io/p/a:1"
        #expect(try targets(list).count == 2)
    }

    @Test func `lets two digests arrive in one repository`() throws {
        let other = String(repeating: "cd", count: 32)
        #expect(try targets("a@sha256:\(hex)\na@sha256:\(other)").count == 2)
    }

    @Test func `holds twenty thousand items`() throws {
        let list = (0..<20_000).map { "quay.io/team/app\($0):v1" }.joined(separator: "\n")
        #expect(try parsed(list).items(rule: rule()).count == 20_000)
    }
}

@Suite struct BatchItemsProblemTests {
    @Test func `refuses a target that two items would write, naming both lines`() throws {
        #expect(
            try problems("quay.io/a/app:1\n\n  ghcr.io/b/app:1", .flatten) == [
                "images.txt:3:3: \"ghcr.io/b/app:1\" and \"quay.io/a/app:1\" (images.txt:1) would both be written to "
                    + "localhost:5000/m/app:1"
            ])
    }

    @Test(arguments: [
        "a:1 gcr.io/p/x:1\nb:1 gcr.io/p/x:1", "a:1 gcr.io/p/x\nb:1 gcr.io/p/x:latest",
        "a:1 docker.io/x\nb:1 docker.io/library/x", "a:1 localhost:5000/m/b:1\nb:1",
        "a:1@sha256:\(hex) gcr.io/p/x:1\na:1 gcr.io/p/x:1",
        "a:1 localhost:5000/c:1\nb:1 LOCALHOST:5000/c:1", "a:1 r.example/c:1\nb:1 r.example:443/c:1",
        "a:1 r.example/c:1\nb:1 r.example./c:1", "a:1 r.example:5000/c:1\nb:1 R.example.:05000/c:1",
        "a:1 r.example/c:1\nb:1 r.example:0443/c:1", "a:1 docker.io/x/c:1\nb:1 registry-1.docker.io/x/c:1",
        "a:1 Docker.io/x/c:1\nb:1 x/c:1", "a:1 oci:lay:c\nb:1 oci:./lay/:c", "a:1 oci:lay:c\nb:1 oci:link:c",
    ])
    func `compares targets by what they name`(list: String) throws {
        let problems = try problems(list)
        #expect(problems.count == 1)
        #expect(problems[0].hasPrefix("images.txt:2:"))
    }

    @Test(arguments: [
        "r.io/a:latest r.io/a:previous\nr.io/a:1.2 r.io/a:latest",
        "r.io/a:1.2 r.io/a:latest\nR.IO/a r.io:443/a:previous",
        "x.io/a:1 r.io/a:1\nr.io/a:1 y.io/a:1",
    ])
    func `a line that reads what another one writes is refused, naming both`(list: String) throws {
        let problems = try problems(list)
        #expect(problems.count == 1)
        #expect(problems[0].contains("is read here and written by images.txt:"))
    }

    @Test(arguments: [
        "r.io/a@sha256:\(hex) r.io/a:previous\nr.io/a:1.2 r.io/a:latest", "r.io/a:1 r.io/a:1",
        "r.io/a:1 r.io/b:1\nr.io/a:2 r.io/b:2",
    ])
    func `lines that do not depend on each other are fine within one registry`(list: String) throws {
        #expect(try problems(list) == [])
    }

    @Test func `points at the target where the line has one`() throws {
        #expect(try problems("a:1 gcr.io/p/x:1\nb:1   gcr.io/p/x:1")[0].hasPrefix("images.txt:2:7: "))
    }

    @Test func `refuses a line without a target where none was given for all`() {
        let error = #expect(throws: BatchListError.self) { try parsed("a:1\nb:1 gcr.io/p/b:1\nc:1").items(rule: nil) }
        #expect(
            error?.problems.map(\.description) == [
                "images.txt:1:1: \"a:1\" has no target; the same holds for 1 more line"
            ])
    }

    @Test func `says how a registry with a port can be mapped`() {
        let error = #expect(throws: BatchListError.self) {
            try parsed("127.0.0.1:5001/ubuntu:18.04").items(rule: rule())
        }
        #expect(
            error?.problems.first?.hint
                == "write SOURCE TARGET, or use --map repository, which makes localhost:5000/m/ubuntu:18.04")
    }

    @Test func `reports the problems of lines and of targets together, in the order of the lists`() throws {
        var parser = BatchListParser()
        parser.read(Array("a:1 gcr.io/p/x:1\nb:1 gcr.io/p/x:1\nBad".utf8), file: "z.txt")
        parser.read(Array("c:1 gcr.io/p/x:1\nBad".utf8), file: "a.txt")
        let error = #expect(throws: BatchListError.self) { try parser.items(rule: rule()) }
        let places = error?.problems.map { "\($0.place.file):\($0.place.line)" }
        #expect(places == ["z.txt:2", "z.txt:3", "a.txt:1", "a.txt:2"])
    }

    @Test func `gives no items where one line is bad`() throws {
        #expect(try problems("a:1\nBad\nb:1").count == 1)
    }
}
