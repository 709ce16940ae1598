// SPDX-License-Identifier: Apache-2.0

import Content
import ItemLists
import OCI
import Reporting
import Testing

@testable import TransferEngine

@Suite struct PlanResultTests {
    private let list = """
        quay.io/a/b:1 localhost:5000/b:1
        quay.io/a/c:1 localhost:5000/c:1

        """

    /// - Parameters:
    ///   - failing: items whose source cannot be read.
    ///   - outcomes: what a run would make of items; of the others it would copy what can be read.
    ///   - isSurveyed: the sources were read whatever a run would read.
    private func plan(
        _ list: String, failing: [Int: TransferFailure] = [:], outcomes: [Int: ItemOutcome] = [:], shards: Int? = nil,
        isSurveyed: Bool = true
    ) throws -> PlanResult {
        let listed = try listed(list)
        let items = Array(listed.transferItems(nil))
        var run = DryRun.Result()
        run.outcomes = items.indices.map { item in
            outcomes[item] ?? failing[item].map { .failed($0) } ?? .copied(digest("\(item)"))
        }
        let survey = isSurveyed ? survey(items.count, failing: failing) : nil
        return PlanResult(of: listed, items: items, survey: survey, dryRun: run, shards: shards)
    }

    @Test func `a pinned list names what the sources had, and what could not be read with the reason`() throws {
        let result = try plan(list, failing: [1: failure(.notFound, "no such tag")])
        #expect(
            result.pinnedList() == """
                quay.io/a/b:1@\(digest("manifest 0")) localhost:5000/b:1
                quay.io/a/c:1 localhost:5000/c:1 # not-found: source: no such tag

                """)
    }

    @Test func `the pinned lists of all machines together are the pinned list`() throws {
        let result = try plan(
            list + "quay.io/a/d:9* localhost:5000/d\n", failing: [1: failure(.notFound)], shards: 3)
        let parts = (0..<3).flatMap { result.pinnedList(of: $0).split(separator: "\n") }
        #expect(parts.sorted() == result.pinnedList().split(separator: "\n").sorted())
    }

    @Test func `ends with the status that a run would end with`() throws {
        #expect(try plan(list).status == .success)
        #expect(try plan(list, failing: [0: failure(.notFound)]).status == .someFailed)
        #expect(try plan(list, failing: [0: failure(.notFound), 1: failure(.notFound)]).status == .allFailed)
        #expect(try plan(list, failing: [0: failure(.denied), 1: failure(.unauthorized)]).status == .credentials)
        #expect(try plan(list, outcomes: [0: .kept(digest("x"), offered: nil)]).status == .someFailed)
        let silent = failure(.unavailable, side: .target)
        #expect(try plan(list, outcomes: [0: .failed(silent)]).status == .someFailed)
    }

    @Test func `a registry that refuses each of its items ends with 5, and a target that says nothing with 1`() throws {
        let other = list + "other.io/d:1 localhost:5000/d:1\n"
        let refused = failure(.unauthorized)
        #expect(try plan(other, failing: [0: refused, 1: refused]).status == .credentials)
        #expect(try plan(other, failing: [0: refused]).status == .someFailed)
        let silent = ItemOutcome.failed(failure(.unauthorized, side: .target))
        #expect(try plan(list, outcomes: [0: silent, 1: silent]).status == .someFailed)
    }

    @Test func `counts what it cannot say apart from what cannot be read`() throws {
        let silent = failure(.unavailable, "timed out", side: .target)
        let result = try plan(list, failing: [1: failure(.notFound)], outcomes: [0: .failed(silent)])
        #expect(result.failures.map(\.name.source) == ["quay.io/a/c:1"])
        #expect(result.unknown.map(\.name.source) == ["quay.io/a/b:1"])
        let view = PlanView(result, rate: 1e6, connections: 4)
        #expect(
            view.text.contains(
                "2 items: 0 to copy, 0 unchanged, 1 cannot be read, 1 not known: their target did not answer"))
        #expect(view.json["unreadable"]?.integer == 1 && view.json["unknown"]?.integer == 1)
        #expect(view.json["failures"]?.array?.count == 2)
    }

    /// An image that is there does not need what its source has lost.
    @Test func `counts each item once, by what a run would make of it`() throws {
        let lost = failure(.notFound, "a child is gone")
        let result = try plan(list, failing: [0: lost, 1: lost], outcomes: [0: .unchanged(digest("0"))], shards: 2)
        #expect(result.failures.map(\.name.source) == ["quay.io/a/c:1"] && result.status == .someFailed)
        let view = PlanView(result, rate: 1e6, connections: 4)
        #expect(view.text.contains("2 items: 0 to copy, 1 unchanged, 1 cannot be read"))
        #expect(view.json["unchanged"]?.integer == 1 && view.json["unreadable"]?.integer == 1)
        #expect(try plan(list, failing: [0: lost], outcomes: [0: .unchanged(digest("0"))]).status == .success)
    }

    @Test func `pins what has a digest, also where something below it cannot be read and is not needed`() throws {
        let listed = try listed(list)
        let items = Array(listed.transferItems(nil))
        var (survey, run) = (survey(items.count), DryRun.Result())
        for item in items.indices { survey.items[item].failure = failure(.notFound, "a child is gone") }
        run.outcomes = [.unchanged(digest("manifest 0")), .failed(failure(.invalid, "what the survey says"))]
        let result = PlanResult(of: listed, items: items, survey: survey, dryRun: run, shards: nil)
        #expect(
            result.pinnedList() == """
                quay.io/a/b:1@\(digest("manifest 0")) localhost:5000/b:1
                quay.io/a/c:1 localhost:5000/c:1 # not-found: source: a child is gone

                """)
    }

    @Test func `says why what a run would read cannot be read, without a survey, too`() throws {
        let refused = [0: failure(.unauthorized, "401"), 1: failure(.denied, "403")]
        let result = try plan(list, failing: refused, isSurveyed: false)
        #expect(result.status == .credentials && result.plan == nil)
        #expect(result.failures.map(\.failure) == [refused[0], refused[1]])
    }

    @Test func `shows how machines would share the items`() throws {
        let view = PlanView(try plan(list, shards: 2), rate: 1e6, connections: 4)
        let parts = view.json["shards"]?["parts"]?.array ?? []
        #expect(parts.compactMap { $0["items"]?.integer }.reduce(0, +) == 2)
        #expect(parts.compactMap { $0["bytes"]?.integer }.reduce(0, +) == 2 << 20)
    }
}
