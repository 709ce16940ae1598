// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import OCI

@Suite struct PositionTableTests {
    /// All hashes equal, equal in the bits that are kept, or spread: what is found is decided by who compares.
    @Test(arguments: [0, 1, 0x4F1B_BCDC_BFA5_3E0B])
    func `finds a value by its hash and a comparison, however hashes fall`(factor: Int) {
        func hash(_ value: Int) -> Int { value &* factor &* 4 }
        var table = PositionTable()
        let values = (0..<700).map { $0 * 3 }
        for (position, value) in values.enumerated() {
            #expect(table.find(hash(value), orInsert: position) { values[$0] == value } == nil)
        }
        for (position, value) in values.enumerated() {
            #expect(table.find(hash(value)) { values[$0] == value } == position)
            #expect(table.find(hash(value), orInsert: 9999) { values[$0] == value } == position)
        }
        #expect(table.find(hash(1)) { values[$0] == 1 } == nil)
    }

    @Test func `an empty table finds nothing`() {
        #expect(PositionTable().find(5) { _ in true } == nil)
    }
}

/// A shelf with room for some pages, which loses one of them.
private final class SmallShelf: RecordShelf {
    private let pages = Mutex<[Int: [UInt8]]>([:])

    var count: Int { pages.withLock { $0.count } }

    func put(_ page: [UInt8], number: Int) -> Bool {
        pages.withLock { pages in
            guard pages.count < 2 else { return false }
            pages[number] = page
            return true
        }
    }

    func page(_ number: Int) -> [UInt8]? { pages.withLock { $0[number] } }

    func lose(_ number: Int) { pages.withLock { $0[number] = nil } }
}

@Suite struct RecordPagesTests {
    private static let text = [UInt8](repeating: 7, count: 1000)

    private static func noted(_ count: Int, in pages: inout RecordPages) -> [RecordPages.Place] {
        (0..<count).map { number in
            var (record, last) = (RecordWriter(), [UInt8]())
            record.write(number)
            record.write(text, after: &last)
            return pages.append(record)
        }
    }

    private static func number(at place: RecordPages.Place, of pages: RecordPages) -> Int? {
        guard var reader = pages.reader(at: place) else { return nil }
        let number = reader.number()
        var text: [UInt8] = []
        reader.text(after: &text)
        #expect(text == Self.text)
        return number
    }

    @Test func `records are the same wherever their pages are, and those that a shelf does not take are in memory`() {
        let shelf = SmallShelf()
        var (shelved, pages) = (RecordPages(shelf: shelf), RecordPages())
        let places = Self.noted(1500, in: &shelved)
        _ = Self.noted(1500, in: &pages)
        #expect(shelf.count == 2)
        for number in [0, 1499, 700, 300, 1, 1000] {
            #expect(Self.number(at: places[number], of: shelved) == number)
            #expect(Self.number(at: places[number], of: pages) == number)
        }
        #expect(shelved.reader(at: .nowhere) == nil)
    }

    @Test func `a record whose page is lost is not there, and all others are`() {
        let shelf = SmallShelf()
        var pages = RecordPages(shelf: shelf)
        let places = Self.noted(600, in: &pages)
        shelf.lose(0)
        #expect(Self.number(at: places[0], of: pages) == nil)
        #expect(Self.number(at: places[599], of: pages) == 599)
    }
}
