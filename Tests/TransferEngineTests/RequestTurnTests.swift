// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// Stores that are asked at a rate.
@Suite struct RequestTurnTests {
    private struct Question: StoreRequest {
        var lanes: RequestStores
        var priority = RequestPriority.share
        var bytesMoved: Int64? { priority == .move ? 1 : nil }
    }

    /// Plays a machine whose answers come at once.
    ///
    /// - Returns: when each request began.
    private func play(_ questions: [Question], _ intervals: [StoreID: Duration]) -> [(Question, at: Duration)] {
        var settings = RequestSettings()
        settings.intervals = intervals
        var machine = RequestMachine<Question>(settings: settings)
        for question in questions { machine.append(question, for: 0) }
        var (now, begun): (Duration, [(Question, at: Duration)]) = (.zero, [])
        while !machine.isEmpty {
            while let next = machine.take(now: now) {
                machine.begin(next, now: now)
                begun.append((next.request, at: now))
                machine.succeeded(next, now: now)
            }
            guard let deadline = machine.nextDeadline else { break }
            now = deadline
        }
        return begun
    }

    private let reading = Question(lanes: RequestStores(reading: "a.example"))
    private let writing = Question(lanes: RequestStores(writing: "a.example"))

    @Test func `requests of a store begin evenly spread, in both directions together`() {
        let begun = play([reading, writing, reading, writing], ["a.example": .milliseconds(100)])
        #expect(begun.map(\.at) == [0, 100, 200, 300].map { .milliseconds($0) })
    }

    @Test func `other stores go on, and one without a rate never waits`() {
        let other = Question(lanes: RequestStores(reading: "b.example"))
        let begun = play([reading, reading, other, other], ["a.example": .seconds(1)])
        #expect(begun.filter { $0.0.lanes == other.lanes }.map(\.at) == [.zero, .zero])
        #expect(begun.filter { $0.0.lanes == reading.lanes }.map(\.at) == [.zero, .seconds(1)])
    }

    @Test func `names of one registry share its rate`() {
        let names: [StoreID] = ["docker.io", "index.docker.io", "registry-1.docker.io"]
        let begun = play(names.map { Question(lanes: RequestStores(reading: $0)) }, ["docker.io": .seconds(1)])
        #expect(begun.map(\.at) == [.zero, .seconds(1), .seconds(2)])
    }

    @Test func `a blob takes one turn of its source, and two of its target`() {
        let blob = Question(lanes: RequestStores(reading: "a.example", writing: "b.example"), priority: .move)
        let slowSource = play([blob, blob], ["a.example": .seconds(1)])
        #expect(slowSource.map(\.at) == [.zero, .seconds(1)])
        let slowTarget = play([blob, blob], ["b.example": .seconds(1)])
        #expect(slowTarget.map(\.at) == [.zero, .seconds(2)])
    }

    @Test func `waiting for a turn makes no lane narrower`() {
        var settings = RequestSettings()
        settings.intervals = ["a.example": .seconds(10)]
        var machine = RequestMachine<Question>(settings: settings)
        for _ in 0..<100 { machine.append(reading, for: 0) }
        var now = Duration.zero
        while let next = machine.take(now: now) {
            machine.begin(next, now: now)
            machine.succeeded(next, now: now + .milliseconds(20))
            now += .seconds(10)
        }
        #expect(machine.isEmpty && machine.state.lanes.first?.limit == Lane.firstWindow)
    }

    // The clock goes on only while a plan waits: so late was the last request.

    @Test func `every request of a plan keeps the rate, retries too`() async throws {
        let scene = Scene()
        scene.source.addFault { _, earlier in
            earlier == 0 ? ContentFailure(.unavailable, "503", retry: .later) : nil
        }
        var settings = RequestSettings()
        settings.intervals = ["source": .seconds(2)]
        let source = scene.source
        let places = try (0..<10).map { RepositoryPlace("source", try Repository("r\($0)")) }
        let found = await TagListing(settings: settings, clock: scene.clock) { _ in source }.tags(of: places)
        #expect(found.count == 10 && scene.source.log.count == 20)
        #expect(scene.clock.now >= .seconds(38))
    }

    @Test func `a copy keeps the rate of its source`() async throws {
        var scene = Scene()
        scene.source.add(SampleImage(layers: ["a", "b"]), to: try Repository("app"), tag: try OCI.Tag("v1"))
        scene.settings.requests.intervals = ["source": .seconds(1)]
        let reports = await scene.run([try .copying("app:v1", to: "app:v1")])
        #expect(reports[0]?.copied != nil)
        scene.expectClean()
        #expect(scene.source.log.count >= 4 && scene.clock.now >= .seconds(scene.source.log.count - 1))
    }
}
