// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import OCI
import Reporting
import Synchronization
import Testing

@testable import LiveView

/// A run whose items end when a test says so.
final class RunDouble: LiveRun {
    let names: [ItemName]
    private let ended = Mutex<[(place: Int, item: RunReport.Item)]>([])
    private let count = Mutex(0)
    /// The number of readings.
    var readings: Int { count.withLock { $0 } }

    init(_ count: Int) { names = (0..<count).map { ItemName(source: "a:\($0)", target: "b:\($0)") } }

    func end(_ place: Int, _ status: RunReport.Status = .copied) {
        ended.withLock { $0.append((place, RunReport.Item(status, names[place]))) }
    }

    func reading(since position: Int) async -> LiveReading {
        count.withLock { $0 += 1 }
        let ended = ended.withLock { $0 }
        var changes = ReportCollector.Changes()
        changes.items = Array(ended.dropFirst(position))
        changes.position = ended.count
        var facts = ProgressFacts()
        (facts.items.total, facts.items.done) = (names.count, ended.count)
        return LiveReading(RunReport(), facts, changes)
    }
}

extension LiveEvent {
    fileprivate var places: [Int] { (data["rows"]?.array ?? []).compactMap { $0.array?.first?.integer.map(Int.init) } }
    fileprivate var parts: Set<String> { Set((data["parts"]?.members ?? []).map(\.key)) }
}

@Suite struct LivePageTests {
    private func page(_ run: RunDouble) -> LivePage { LivePage(run: "r", names: run.names) }

    @Test func `an event says what its reader has not been told, and no more`() async throws {
        let run = RunDouble(3)
        var page = page(run)
        run.end(2)
        page.take(await run.reading(since: 0), since: 0)
        let first = try #require(page.event(since: LivePlace(run: "r", position: 0)))
        #expect(first.kind == .state && first.places == [2] && first.parts.contains("figures"))
        #expect(page.event(since: first.place) == nil)
        run.end(0, .failed)
        page.take(await run.reading(since: 1), since: 1)
        let second = try #require(page.event(since: first.place))
        #expect(second.places == [0] && second.place.position == 2)
        #expect(second.parts.contains("chips") && !second.parts.contains("timeline"))
        #expect(second.data["title"] == "66 % – transship")
    }

    @Test func `a reading that came too late is passed over`() async {
        let run = RunDouble(2)
        var page = page(run)
        run.end(0)
        let reading = await run.reading(since: 0)
        page.take(reading, since: 0)
        page.take(reading, since: 0)
        #expect(page.position == 1)
    }

    @Test func `many rows come in several events`() async throws {
        let run = RunDouble(2500)
        for place in 0..<2500 { run.end(place) }
        var page = page(run)
        page.take(await run.reading(since: 0), since: 0)
        var (place, counts) = (LivePlace(run: "r", position: 0), [Int]())
        while let event = page.event(since: place) {
            counts.append(event.places.count)
            place = event.place
        }
        #expect(counts == [1000, 1000, 500])
    }

    @Test func `a page of another run is loaded again`() {
        let page = page(RunDouble(1))
        #expect(page.event(since: LivePlace(run: "other", position: 0))?.kind == .reload)
        #expect(page.event(since: LivePlace(run: "r", position: 5))?.kind == .reload)
    }

    @Test func `an event is lines that end with an empty one, whatever it holds`() {
        let event = LiveEvent(
            kind: .state, place: LivePlace(run: "r", position: 3), data: .object(["a": .string("b\n\ndata: c\r")]))
        #expect(event.text == "id: r-3\nevent: state\ndata: {\"a\":\"b\\n\\ndata: c\\r\"}\n\n")
    }

    @Test func `the page is the report's, allows its own script only, and says where it is fed from`() async {
        let run = RunDouble(2)
        var page = page(run)
        run.end(1)
        page.take(await run.reading(since: 0), since: 0)
        let html = page.html(nonce: "n0")
        #expect(html.contains("<body data-live=\"events?since=r-1\">") && html.contains("[\"copied\",\"a:1\""))
        #expect(html.contains("script-src 'nonce-n0'; connect-src 'self'") && !html.contains("unsafe-inline"))
        #expect(html.contains("<script nonce=\"n0\">") && html.contains("<style nonce=\"n0\">"))
        #expect(html.contains("<progress max=\"1\" value=\"0.5000\""))
        let stored = ReportPage(RunReport()).html
        #expect(!stored.contains("data-live=") && !stored.contains("nonce="))
    }

    @Test func `a page of a run that has ended shows nothing that goes on`() async {
        let run = RunDouble(2)
        var page = page(run)
        run.end(1)
        var reading = await run.reading(since: 0)
        (reading.facts.rate, reading.facts.secondsLeft) = (1000, 0.2)
        reading.facts.registries = [ProgressFacts.Registry("r.example")]
        reading.facts.registries[0].wait = ProgressFacts.Wait("429", seconds: 0.2, clockTime: "14:05")
        page.take(reading, since: 0)
        let running = page.html(nonce: "n")
        #expect(running.contains("copying: 1 done") && running.contains("1 s left") && running.contains("so far"))
        #expect(running.contains("goes on in 1 s"))
        var last = await run.reading(since: 1)
        last.facts = reading.facts
        last.facts.isFinal = true
        page.take(last, since: 1)
        let ended = page.html(nonce: "n")
        #expect(ended.contains("ended: 1 done, 0 failed of 2 items") && ended.contains("ended after"))
        #expect(!ended.contains("copying:") && !ended.contains("s left") && !ended.contains("goes on in"))
    }

    @Test func `long lists are made anew less often`() {
        var pace = LivePace()
        #expect(pace.pause == .seconds(2))
        pace.note(cost: .milliseconds(100))
        #expect(pace.pause == .seconds(10))
        pace.note(cost: .seconds(100))
        #expect(pace.pause == .seconds(30))
        pace.note(cost: .zero)
        #expect(pace.pause == .seconds(2))
    }
}

/// The feed, with time that passes when a test says so.
@Suite struct LiveFeedTests {
    private let ticks: AsyncStream<Void>
    private let tick: AsyncStream<Void>.Continuation
    private let feed: LiveFeed

    init() {
        let (ticks, tick) = AsyncStream<Void>.makeStream()
        (self.ticks, self.tick) = (ticks, tick)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        feed = LiveFeed("batch", on: loop.executor) { _ in for await _ in ticks { return } }
    }

    @Test func `whoever waits is told what has changed, then the end`() async throws {
        let run = RunDouble(2)
        await feed.begin(run)
        _ = await feed.document(nonce: "n")
        let shown = try #require(await feed.event(after: nil))
        async let next = feed.event(after: shown.place)
        run.end(0)
        tick.yield()
        let news = try #require(await next)
        #expect(news.places == [0])
        async let last = feed.event(after: news.place)
        run.end(1)
        await feed.end("exit code 0")
        let state = try #require(await last)
        #expect(state.kind == .state && state.places == [1])
        let end = try #require(await feed.event(after: state.place))
        #expect(end.kind == .end && end.data["outcome"] == "exit code 0")
    }

    @Test func `a run that nobody watches is neither read nor rendered`() async {
        let run = RunDouble(2)
        await feed.begin(run)
        run.end(0)
        await feed.end("exit code 0")
        #expect(run.readings == 0)
    }

    @Test func `a reader that goes away waits no more`() async {
        await feed.begin(RunDouble(1))
        _ = await feed.document(nonce: "n")
        let shown = await feed.event(after: nil)
        let waiting = Task { await feed.event(after: shown?.place) }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }

    @Test func `a page from before the run is loaded again when it begins`() async throws {
        let early = await feed.document(nonce: "n")
        let place = try #require(early.firstMatch(of: /since=([0-9a-f]+-0)/)?.output.1)
        await feed.begin(RunDouble(1))
        #expect(await feed.event(after: LivePlace(place))?.kind == .reload)
    }
}
