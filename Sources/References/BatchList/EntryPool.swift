// SPDX-License-Identifier: Apache-2.0

import OCI

/// The entries of lists in little memory: a list of a million lines is at hand for as long as its run takes.
///
/// Kept are the texts, from which an entry is read again when it is asked for. Names that follow each other begin alike, so
/// of each text only what differs from the one before is kept (front coding); every group begins anew.
struct EntryPool: Sendable {
    private static let groupSize = 16
    private static let pageSize = 1 << 18

    private struct Start: Sendable {
        var page: Int
        var offset: Int
    }

    private var files: [String] = []
    private var pages: [[UInt8]] = []
    private var groups = Segmented<Start>()
    /// The texts of the entry that was added last.
    private var lastSource: [UInt8] = []
    private var lastTarget: [UInt8] = []
    private(set) var count = 0

    mutating func append(_ entry: BatchEntry) {
        if count % Self.groupSize == 0 { beginGroup() }
        count += 1
        var record = RecordWriter()
        record.write(fileNumber(entry.place.file))
        record.write(entry.place.line)
        record.write(entry.place.column)
        record.write(entry.targetPlace.column)
        record.write(Array(entry.source.asTyped.utf8), after: &lastSource)
        record.write(entry.target == nil ? 0 : 1)
        if let target = entry.target { record.write(Array(target.asTyped.utf8), after: &lastTarget) }
        pages[pages.count - 1] += record.bytes
    }

    subscript(position: Int) -> BatchEntry {
        let start = groups[position / Self.groupSize]
        var reader = RecordReader(page: pages[start.page], offset: start.offset)
        for _ in 0..<position % Self.groupSize { reader.skip() }
        let (file, line) = (files[reader.number()], reader.number())
        let (column, targetColumn) = (reader.number(), reader.number())
        reader.readTexts()
        return BatchEntry(
            source: Reference(wellFormed: reader.source),
            target: reader.hasTarget ? Reference(wellFormed: reader.target) : nil,
            place: ListPlace(file: file, line: line, column: column),
            targetPlace: ListPlace(file: file, line: line, column: targetColumn))
    }

    /// A group is read in one go, so it lies on one page.
    private mutating func beginGroup() {
        if pages.last.map({ $0.count >= Self.pageSize }) ?? true {
            pages.append([])
            pages[pages.count - 1].reserveCapacity(Self.pageSize + (1 << 12))
        }
        groups.append(Start(page: pages.count - 1, offset: pages[pages.count - 1].count))
        lastSource.removeAll(keepingCapacity: true)
        lastTarget.removeAll(keepingCapacity: true)
    }

    private mutating func fileNumber(_ file: String) -> Int {
        if let number = files.lastIndex(of: file) { return number }
        files.append(file)
        return files.count - 1
    }
}

/// Numbers and texts as bytes.
private struct RecordWriter {
    private(set) var bytes: [UInt8] = []

    /// Seven bits a byte, lowest first.
    mutating func write(_ number: Int) {
        var rest = UInt(bitPattern: number)
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// How much of the text before is kept, then what is added to it.
    mutating func write(_ text: [UInt8], after last: inout [UInt8]) {
        let shared = zip(text, last).prefix { $0 == $1 }.count
        write(shared)
        write(text.count - shared)
        bytes += text[shared...]
        last = text
    }
}

/// Reads what `RecordWriter` wrote.
private struct RecordReader {
    let page: [UInt8]
    var offset: Int
    private var sourceBytes: [UInt8] = []
    private var targetBytes: [UInt8] = []
    private(set) var hasTarget = false

    init(page: [UInt8], offset: Int) {
        self.page = page
        self.offset = offset
    }

    var source: String { String(decoding: sourceBytes, as: UTF8.self) }
    var target: String { String(decoding: targetBytes, as: UTF8.self) }

    mutating func skip() {
        for _ in 0..<4 { _ = number() }
        readTexts()
    }

    mutating func readTexts() {
        sourceBytes = next(after: sourceBytes)
        hasTarget = number() == 1
        if hasTarget { targetBytes = next(after: targetBytes) }
    }

    private mutating func next(after text: [UInt8]) -> [UInt8] {
        let (shared, added) = (number(), number())
        defer { offset += added }
        return Array(text[..<shared] + page[offset..<offset + added])
    }

    mutating func number() -> Int {
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
}

extension Reference {
    /// From the text of a reference that was read before.
    fileprivate init(wellFormed text: String) {
        if LayoutReference.isMeant(by: text), let layout = try? LayoutReference(parsing: text) {
            self.init(layout)
        } else if let reference = try? Reference(parsing: text) {
            self = reference
        } else {
            preconditionFailure("a reference that was read once can be read again")
        }
    }
}
