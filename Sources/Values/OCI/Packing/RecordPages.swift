// SPDX-License-Identifier: Apache-2.0

/// Keeps pages of records outside of memory.
package protocol RecordShelf: Sendable {
    /// Stores a full page.
    ///
    /// - Returns: false if the page has to stay in memory.
    func put(_ page: [UInt8], number: Int) -> Bool

    /// A stored page; nil if it cannot be read any more, which the shelf reports itself.
    func page(_ number: Int) -> [UInt8]?
}

/// Consecutive records of bytes, in pages that are never moved. A run keeps a million items in them.
package struct RecordPages: Sendable {
    /// Where a record begins.
    package struct Place: Sendable {
        /// The place of a record that does not exist.
        package static let nowhere = Place(page: .max, offset: 0)

        fileprivate var page: UInt32
        fileprivate var offset: UInt32

        fileprivate var isNowhere: Bool { page == .max }
    }

    private static let pageSize = 1 << 18

    /// A page is empty if the shelf has it.
    private var pages: [[UInt8]] = []
    private let shelf: (any RecordShelf)?

    /// - Parameter shelf: stores full pages; nil: all pages stay in memory.
    package init(shelf: (any RecordShelf)? = nil) { self.shelf = shelf }

    /// - Parameter joinsLast: the record follows the previous one on the same page, so that both can be read together.
    package mutating func append(_ record: RecordWriter, joinsLast: Bool = false) -> Place {
        if pages.last.map({ $0.count >= Self.pageSize && !joinsLast }) ?? true {
            shelveLast()
            pages.append([])
            pages[pages.count - 1].reserveCapacity(Self.pageSize + (1 << 12))
        }
        // These numbers fit for up to a terabyte of memory.
        let place = Place(
            page: UInt32(truncatingIfNeeded: pages.count - 1),
            offset: UInt32(truncatingIfNeeded: pages[pages.count - 1].count))
        pages[pages.count - 1] += record.bytes
        return place
    }

    private mutating func shelveLast() {
        guard let shelf, let last = pages.last, shelf.put(last, number: pages.count - 1) else { return }
        pages[pages.count - 1] = []
    }

    /// - Returns: nil for `nowhere`, and if the shelf cannot return the record.
    package func reader(at place: Place) -> RecordReader? {
        guard !place.isNowhere else { return nil }
        let page = pages[Int(place.page)]
        guard page.isEmpty else { return RecordReader(page: page, offset: Int(place.offset)) }
        return shelf?.page(Int(place.page)).map { RecordReader(page: $0, offset: Int(place.offset)) }
    }
}

/// Numbers and texts as bytes.
package struct RecordWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Seven bits per byte, lowest first.
    package mutating func write(_ number: Int) {
        var rest = UInt(bitPattern: number)
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Writes how much of the previous text is kept, and then the rest (front coding).
    package mutating func write(_ text: [UInt8], after last: inout [UInt8]) {
        let shared = zip(text, last).prefix { $0 == $1 }.count
        write(shared)
        write(text.count - shared)
        bytes += text[shared...]
        last = text
    }

    /// Takes a third of the size of the digest's text.
    package mutating func write(_ digest: Digest) {
        write(digest.algorithm == .sha256 ? 0 : 1)
        var half: UInt8?
        for digit in digest.hex.utf8 {
            let value = Digest.value(of: digit)
            if let high = half { bytes.append(high << 4 | value) }
            half = half == nil ? value : nil
        }
    }
}

/// Reads what `RecordWriter` wrote, in the same order.
package struct RecordReader: Sendable {
    private let page: [UInt8]
    private var offset: Int

    init(page: [UInt8], offset: Int) {
        self.page = page
        self.offset = offset
    }

    package mutating func number() -> Int {
        var value: UInt = 0
        var shift: UInt = 0
        while true {
            let byte = page[offset]
            offset += 1
            value |= UInt(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return Int(bitPattern: value) }
            shift += 7
        }
    }

    /// Changes the previous text into this one, in place.
    package mutating func text(after last: inout [UInt8]) {
        let (shared, added) = (number(), number())
        last.removeLast(last.count - shared)
        last += take(added)
    }

    package mutating func digest() -> Digest {
        let algorithm = number() == 0 ? Digest.Algorithm.sha256 : .sha512
        return Digest(algorithm, hash: take(algorithm.hexLength / 2))
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { offset += count }
        return page[offset..<offset + count]
    }
}
