// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing

@testable import TransferEngine

@Suite struct LaneTests {
    /// Plays a round: as many requests as the lane takes, each answered after `latency`.
    private func round(_ lane: inout Lane, latency: Duration = .milliseconds(20), at now: inout Duration) -> Int {
        var count = 0
        while lane.hasRoom(for: .smallRequest, now: now) {
            lane.enter(.smallRequest)
            count += 1
        }
        now += latency
        for _ in 0..<count {
            lane.succeeded(.share, after: latency, now: now)
            lane.leave(.smallRequest)
        }
        return count
    }

    @Test func `large blobs leave a quarter of a lane to what ends soon`() {
        var lane = Lane(ceiling: 8)
        for _ in 0..<6 {
            #expect(lane.hasRoom(for: .largeBlob, now: .zero))
            lane.enter(.largeBlob)
        }
        #expect(!lane.hasRoom(for: .largeBlob, now: .zero))
        for use in [LaneUse.smallRequest, .smallBlob] {
            #expect(lane.hasRoom(for: use, now: .zero))
            lane.enter(use)
        }
        #expect(!lane.hasRoom(for: .smallRequest, now: .zero) && !lane.hasRoom(for: .smallBlob, now: .zero))
        #expect(lane.moving == 7)
        lane.leave(.largeBlob)
        #expect(lane.hasRoom(for: .largeBlob, now: .zero))
    }

    @Test func `a lane that is used fully widens up to its ceiling`() {
        var (lane, now) = (Lane(ceiling: 30), Duration.zero)
        var widths: [Int] = []
        for _ in 0..<12 { widths.append(round(&lane, at: &now)) }
        #expect(widths.first == Lane.firstWindow)
        #expect(widths == widths.sorted())
        #expect(widths.last == 30)
    }

    @Test func `while answers come as quickly as the first ones, a lane that is used fully doubles every round`() {
        var (lane, now) = (Lane(ceiling: 64), Duration.zero)
        #expect(
            (0..<3).map { _ in round(&lane, at: &now) } == [
                Lane.firstWindow, 2 * Lane.firstWindow, 4 * Lane.firstWindow,
            ])
    }

    @Test
    func `a lane that has all the blobs it may have doubles with the next ones, each of which counts as two answers`() {
        var lane = Lane(ceiling: 8 * Lane.firstWindow)
        var blobs = 0
        while lane.hasRoom(for: .largeBlob, now: .zero) {
            lane.enter(.largeBlob)
            blobs += 1
        }
        for number in 1...blobs {
            lane.succeeded(.move, after: .milliseconds(150), now: .milliseconds(150))
            lane.leave(.largeBlob)
            #expect(lane.limit == min(Lane.firstWindow + 2 * number, 2 * Lane.firstWindow + 2))
        }
    }

    @Test func `a lane that is hardly used does not widen`() {
        var lane = Lane(ceiling: 30)
        for step in 1...100 {
            lane.enter(.smallRequest)
            lane.succeeded(.share, after: .milliseconds(5), now: .milliseconds(5 * step))
            lane.leave(.smallRequest)
        }
        #expect(lane.limit == Lane.firstWindow)
    }

    @Test func `refusals halve a lane once a round, and it widens slowly from there`() {
        var (lane, now) = (Lane(ceiling: 32), Duration.zero)
        for _ in 0..<12 { _ = round(&lane, at: &now) }
        #expect(lane.limit == 32)
        let start = now
        now += .milliseconds(20)
        for _ in 0..<10 { lane.refused(begunAt: start, now: now) }
        #expect(lane.limit == 16)
        #expect(lane.refusals == 1)
        lane.refused(begunAt: now, now: now + .milliseconds(1))
        #expect(lane.limit == 8)
        now += .seconds(1)
        _ = round(&lane, at: &now)
        #expect(lane.limit <= 9)
        #expect(lane.refusals == 0)
    }

    @Test func `a lane never closes itself altogether`() {
        var lane = Lane(ceiling: 32)
        for step in 1...50 { lane.refused(begunAt: .seconds(step), now: .seconds(step)) }
        #expect(lane.limit == 1)
        #expect(lane.hasRoom(for: .largeBlob, now: .seconds(100)))
    }

    @Test func `answers that take ever longer narrow a lane`() {
        var (lane, now) = (Lane(ceiling: 32), Duration.zero)
        for _ in 0..<12 { _ = round(&lane, at: &now) }
        for _ in 0..<10 { _ = round(&lane, latency: .milliseconds(900), at: &now) }
        #expect(lane.limit < 16)
    }

    @Test func `how long two stores took together narrows the lane of neither`() {
        var table = LaneTable(ceiling: 32)
        let both = RequestStores(reading: "source", writing: "target")
        for step in 1...50 {
            table.enter(both, .smallRequest)
            table.succeeded(both, .begin, after: .milliseconds(20 * step), now: .seconds(10 * step))
            table.leave(both, .smallRequest)
        }
        #expect(
            table[reading: "source"].limit == Lane.firstWindow && table[writing: "target"].limit == Lane.firstWindow)
    }

    @Test func `connections and logins of the first requests do not keep a lane narrow`() {
        var (lane, now) = (Lane(ceiling: 8 * Lane.firstWindow), Duration.zero)
        for _ in 0..<Lane.firstWindow { lane.enter(.smallRequest) }
        // Each waits for the same ping, for a token, and for a connection of its own.
        for number in 0..<Lane.firstWindow {
            now = .milliseconds(160 + 30 * number)
            lane.succeeded(.begin, after: now, now: now)
            lane.leave(.smallRequest)
        }
        #expect(round(&lane, at: &now) == 2 * Lane.firstWindow)
        // New connections take three round trips, and a token as many.
        #expect(round(&lane, latency: .milliseconds(120), at: &now) == 4 * Lane.firstWindow)
        #expect(lane.limit == 8 * Lane.firstWindow)
    }

    @Test func `an answer that is faster than ever makes slow ones before it forgotten`() {
        var trend = LatencyTrend()
        for _ in 0..<50 { trend.add(.milliseconds(900)) }
        trend.add(.milliseconds(20))
        #expect(!trend.isRising)
        for _ in 0..<50 { trend.add(.milliseconds(900)) }
        #expect(trend.isRising)
    }

    @Test func `a longer path is not mistaken for a crowded store for ever`() {
        var trend = LatencyTrend()
        trend.add(.milliseconds(1))
        for _ in 0..<100 { trend.add(.milliseconds(800)) }
        #expect(trend.isRising)
        for _ in 0..<(2 * LatencyTrend.memory) { trend.add(.milliseconds(800)) }
        #expect(!trend.isRising)
    }

    @Test func `the largest and the smallest blob take turns`() throws {
        var queue = BlobQueue<CopyRequest>()
        for (number, size) in [30, 10, 50, 20, 40].enumerated() { queue.append(try upload(number, size: Int64(size))) }
        var order: [Int64] = []
        while !queue.isEmpty {
            let turn = try #require(queue.turn { _ in true })
            order.append(queue.size(of: turn))
            _ = queue.remove(turn)
        }
        #expect(order == [50, 10, 40, 20, 30])
    }

    @Test func `while no large blob may be sent, small ones are, from the smallest on`() throws {
        var queue = BlobQueue<CopyRequest>()
        let edge = LaneUse.largestSmallBlob
        for (number, size) in [edge + 1, 2, edge, edge + 2].enumerated() {
            queue.append(try upload(number, size: size))
        }
        var order: [Int64] = []
        while let turn = queue.turn(where: { $0 == .smallBlob }) {
            order.append(try #require(queue.remove(turn).request.bytesMoved))
        }
        #expect(order == [2, edge])
        #expect(queue.turn { _ in false } == nil && queue.turn { $0 == .largeBlob } == .largest)
    }

    private func upload(_ number: Int, size: Int64) throws -> Queued<CopyRequest> {
        let digest = ContentHash.digest(of: [UInt8(number)])
        let repository = try Repository("app")
        let upload = BlobUpload(
            place: BlobPlace(store: "target", repository: repository, digest: digest),
            descriptor: Descriptor(mediaType: .octetStream, digest: digest, size: size),
            source: RepositoryPlace(store: "source", repository: repository), session: nil, question: .head)
        return Queued(id: number, request: .upload(upload), item: 0)
    }
}
