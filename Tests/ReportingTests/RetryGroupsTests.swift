// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine

@testable import Reporting

/// Calls a group's methods where only expressions that change nothing are allowed.
private final class Groups {
    private var groups = RetryGroups()

    func add(_ failure: TransferFailure, at store: StoreID, after delay: Double, now: Double) -> Bool {
        groups.add(failure, at: store, after: delay, now: now)
    }

    func pause(_ store: StoreID, _ pause: StorePause, now: Double) -> [String] {
        groups.pause(store, pause, now: now).map(\.text)
    }

    func due(now: Double) -> [String] { groups.due(now: now).map(\.text) }
    func end() -> [Notice] { groups.end() }
}

/// Which retries have a line, and which are only counted.
@Suite struct RetryGroupsTests {
    private let store = StoreID(named: "ghcr.io")

    private func refusal(_ status: Int = 429, _ number: Int = 0) -> TransferFailure {
        let cause = ContentFailure(
            status == 429 ? .rateLimited : .unavailable,
            "GET https://ghcr.io/v2/library/app\(number)/manifests/1: unexpected status code \(status)",
            status: status)
        return TransferFailure(cause, side: .source)
    }

    @Test func `refusals under one pause are one line and one number`() {
        let groups = Groups()
        #expect(groups.pause(store, StorePause(.seconds(42)), now: 10).isEmpty)
        let lines = (0..<14).map { groups.add(refusal(429, $0), at: store, after: 42, now: 10 + Double($0) / 100) }
        #expect(lines == [true] + Array(repeating: false, count: 13))
        #expect(groups.due(now: 10.9).isEmpty)
        let counted = groups.due(now: 11)
        #expect(
            counted == [
                "retrying 13 more requests for the same cause at ghcr.io: unexpected status code 429"
            ])
        // The pause goes on, and nothing more is said.
        #expect(groups.pause(store, StorePause(.seconds(42), added: .seconds(2)), now: 12).isEmpty)
        #expect(!groups.add(refusal(), at: store, after: 42, now: 12))
        #expect(groups.due(now: 53).isEmpty)
        // A new pause is news.
        let rest = groups.pause(store, StorePause(.seconds(60)), now: 54.5)
        #expect(rest.first?.hasPrefix("retrying 1 more request for the same cause at ghcr.io:") == true)
        #expect(groups.add(refusal(), at: store, after: 60, now: 54.5))
    }

    @Test func `another cause and another registry have lines of their own`() {
        let groups = Groups()
        #expect(groups.add(refusal(), at: store, after: 5, now: 0))
        #expect(groups.add(refusal(500), at: store, after: 5, now: 0))
        #expect(groups.add(refusal(), at: StoreID(named: "quay.io"), after: 5, now: 0))
        #expect(!groups.add(refusal(500), at: store, after: 5, now: 4))
        #expect(groups.due(now: 5).count == 1)
        #expect(groups.add(refusal(500), at: store, after: 5, now: 5))
    }

    @Test func `the end of a run tells what was not told`() {
        let groups = Groups()
        for _ in 0..<3 { _ = groups.add(refusal(), at: store, after: 60, now: 0) }
        #expect(groups.end().map(\.text).first?.hasPrefix("retrying 2 more requests") == true)
        #expect(groups.end().isEmpty && groups.due(now: 100).isEmpty)
    }

    @Test func `programs get each retry, and people the number`() throws {
        let name = ItemName(source: "a", target: "b")
        let hidden = Notice.retrying(name, refusal(), after: .seconds(1), isSummedUp: true)
        #expect(NoticeStyle().line(hidden) == nil)
        #expect(NoticeStyle(isJSON: true).line(hidden)?.contains("\"message\":\"retrying\"") == true)
        let groups = Groups()
        for _ in 0..<2 { _ = groups.add(refusal(), at: store, after: 60, now: 0) }
        let number = try #require(groups.end().first)
        #expect(NoticeStyle().line(number) != nil && NoticeStyle(isJSON: true).line(number) == nil)
    }
}
