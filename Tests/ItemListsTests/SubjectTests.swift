// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import ItemLists
import OCI
import Reporting
import Testing
import TransferEngine

@Suite struct AccessSubjectsTests {
    /// What `check` asks for a list, as the command adds it.
    private func subjects(_ list: String) throws -> AccessSubjects {
        let listed = try listed(list)
        var subjects = AccessSubjects()
        for line in listed.failed { subjects.add(line) }
        for item in listed.items { subjects.add(source: item.source) }
        for item in listed.items { subjects.add(target: item.target) }
        for item in listed.items { subjects.add(copyOf: item.source, to: item.target) }
        return subjects
    }

    private let list = """
        quay.io/a/b:1 localhost:5000/b:1
        quay.io/a/b:2 localhost:5000/b:2
        quay.io/a/c:1 localhost:5000/b:c

        """

    private func answers(
        _ subjects: AccessSubjects, _ failures: [Int: TransferFailure]
    ) -> [AccessCheck.Question: AccessCheck.Answer] {
        var answers: [AccessCheck.Question: AccessCheck.Answer] = [:]
        for (number, question) in subjects.questions.enumerated() {
            answers[question.question] = failures[number].map { .failure($0) } ?? .success(())
        }
        return answers
    }

    @Test func `asks each repository once`() throws {
        #expect(
            try subjects(list).questions.map(\.repository) == ["quay.io/a/b", "quay.io/a/c", "localhost:5000/b"])
    }

    @Test func `a source that refuses closes every copy of its repository`() throws {
        let subjects = try subjects(list)
        let refused = subjects.refused(answers(subjects, [0: failure(.denied)]))
        #expect(refused.map(\.name.source) == ["quay.io/a/b:1", "quay.io/a/b:2"])
    }

    @Test func `an image that is missing says nothing of the others in its repository`() throws {
        let subjects = try subjects(list)
        let refused = subjects.refused(answers(subjects, [0: failure(.notFound)]))
        #expect(refused.map(\.name.source) == ["quay.io/a/b:1"])
    }

    @Test func `a target that refuses closes every copy to it`() throws {
        let subjects = try subjects(list)
        #expect(subjects.refused(answers(subjects, [2: failure(.denied, side: .target)])).count == 3)
    }

    @Test func `reports a row for each question, and one for a line whose tags could not be listed`() async throws {
        let subjects = try subjects("quay.io/x/y:9* localhost:5000/y\n" + list)
        let report = await subjects.report(answers(subjects, [2: failure(.denied, side: .target)])) { place in
            place.store.name == "quay.io" ? "config.json" : nil
        }
        #expect(report.rows.map(\.repository) == ["quay.io/x/y", "quay.io/a/b", "quay.io/a/c", "localhost:5000/b"])
        #expect(report.rows.map(\.access) == [.pull, .pull, .pull, .push])
        #expect(report.rows.map(\.credentials) == ["config.json", "config.json", "config.json", nil])
        #expect(report.rows.map { $0.failure != nil } == [true, false, false, true])
    }
}

@Suite struct AuditSubjectsTests {
    private func subjects(_ platforms: PlatformChoice?, source: String? = "quay.io/a/b:1") throws -> AuditSubjects {
        let hex = String(repeating: "a", count: 64)
        var subjects = AuditSubjects()
        subjects.add(
            try Reference(parsing: "localhost:5000/b:1@sha256:\(hex)"),
            from: try source.map { try Reference(parsing: $0) },
            platforms: platforms)
        return subjects
    }

    @Test func `a target is not looked for by the digest of an index that does not arrive`() throws {
        let one = PlatformChoice(try Platform(parsing: "linux/amd64"))
        #expect(try subjects(nil).items[0].target.digest != nil)
        #expect(try subjects(one).items[0].target.digest == nil)
        // An image without a source is looked at where it is, by its digest.
        #expect(try subjects(one, source: nil).items[0].target.digest != nil)
    }

    @Test func `an image without a source cannot be repaired`() throws {
        #expect(try subjects(nil).areRepairable)
        let alone = try subjects(nil, source: nil)
        #expect(!alone.areRepairable && alone.names[0].source == "-")
    }
}
