// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import TransferEngine

@Suite struct ItemStatesTests {
    private static func item(_ number: Int) throws -> TransferItem {
        let place = TransferEndpoint(
            store: StoreID(named: "s"), repository: try Repository("a"), tag: try OCI.Tag("t\(number)"), digest: nil)
        return TransferItem(source: place, target: place)
    }

    private let states: ItemStates

    init() throws { states = ItemStates(DerivedList(try (0..<200).map(Self.item))) }

    @Test func `an item is waiting with its own name until something is noted of it`() {
        #expect(states[150].phase == .waiting)
        #expect(states[150].source.tag?.name == "t150")
        #expect(!states.hasEnded(150))
    }

    @Test func `an item ends once, and what was noted of it is handed out then`() {
        var states = states
        states[70].attempts = 3
        #expect(states.end(70)?.attempts == 3)
        #expect(states.end(70) == nil)
        #expect(states.hasEnded(70) && !states.hasEnded(69) && !states.hasEnded(71) && !states.hasEnded(6))
        #expect(states.endedCount == 1)
        #expect(states[70].phase == .done)
    }

    @Test func `the place of an item that has ended is another one's, as new`() {
        var states = states
        states[1].attempts = 9
        _ = states.end(1)
        states[2].phase = .probing
        #expect(states[2].attempts == 1 && states[2].source.tag?.name == "t2")
        #expect(states[1].attempts == 1 && states[1].source.tag?.name == "t1")
    }
}

@Suite struct SourceTagsTests {
    private func tag(_ name: String) throws -> SourceTag {
        SourceTag(store: StoreID(named: "s"), repository: try Repository("a"), tag: try OCI.Tag(name))
    }

    private func known(_ tags: SourceTags, _ tag: SourceTag) -> Bool { tags[tag] != nil }

    @Test func `a tag is known until the last item that names it has ended`() throws {
        let (one, two) = (try tag("one"), try tag("two"))
        var tags = SourceTags(hashes: [two.hashValue, one.hashValue, two.hashValue])
        tags[one] = .asking(waiting: [0])
        tags[two] = .asking(waiting: [1])
        tags.endUse(of: one)
        tags.endUse(of: two)
        #expect(!known(tags, one) && known(tags, two))
        tags.endUse(of: two)
        #expect(!known(tags, two))
    }
}

@Suite struct ItemAdmissionTests {
    @Test func `items begin in order, each pair of stores with a window of its own`() throws {
        var admission = ItemAdmission(window: 2)
        func item(_ target: String) throws -> TransferItem {
            let source = TransferEndpoint(
                store: StoreID(named: "s"), repository: try Repository("a"), tag: .latest, digest: nil)
            var end = source
            end.store = StoreID(named: target)
            return TransferItem(source: source, target: end)
        }
        let (left, right) = (try item("l"), try item("r"))
        for (number, item) in [left, left, left, right, left].enumerated() { admission.append(item, as: number) }
        #expect([admission.next(), admission.next(), admission.next(), admission.next()] == [0, 1, 3, nil])
        admission.ended(left)
        #expect([admission.next(), admission.next()] == [2, nil])
        admission.ended(left)
        #expect([admission.next(), admission.next()] == [4, nil])
        #expect(admission.fansOut)
    }
}
