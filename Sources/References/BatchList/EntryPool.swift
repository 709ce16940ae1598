// SPDX-License-Identifier: Apache-2.0

@_spi(Lists) import OCI

/// The entries of lists in little memory, because a list of a million lines stays in memory during its run.
///
/// The pool stores texts and parses an entry again when it is read. Neighbouring names often begin alike, so only the
/// difference from the text before is stored (front coding). Every group of 16 entries begins with whole texts.
struct EntryPool: Sendable {
    private static let groupSize = 16

    private var files: [String] = []
    private var pages = RecordPages()
    /// Where each group begins.
    private var groups = Segmented<RecordPages.Place>()
    /// The texts of the entry that was added last.
    private var lastSource: [UInt8] = []
    private var lastTarget: [UInt8] = []
    private(set) var count = 0

    init() {}

    mutating func append(_ entry: BatchEntry) {
        let beginsGroup = count % Self.groupSize == 0
        if beginsGroup { (lastSource, lastTarget) = ([], []) }
        count += 1
        let place = pages.append(record(of: entry), joinsLast: !beginsGroup)
        if beginsGroup { groups.append(place) }
    }

    private mutating func record(of entry: BatchEntry) -> RecordWriter {
        var record = RecordWriter()
        record.write(fileNumber(entry.place.file))
        record.write(entry.place.line)
        record.write(entry.place.column)
        record.write(entry.targetPlace.column)
        record.write(Array(entry.source.asTyped.utf8), after: &lastSource)
        record.write(entry.target == nil ? 0 : 1)
        if let target = entry.target { record.write(Array(target.asTyped.utf8), after: &lastTarget) }
        return record
    }

    /// A pool with only those entries of another pool that are at these positions.
    init(_ other: EntryPool, at positions: some Sequence<Int>) {
        var cursor = Cursor(other)
        for position in positions { append(cursor.entry(at: position)) }
    }

    subscript(position: Int) -> BatchEntry {
        var cursor = Cursor(self)
        return cursor.entry(at: position)
    }

    /// Reads entries one after the other. While positions ascend, no entry is read twice.
    struct Cursor {
        private let pool: EntryPool
        private var reader: EntryReader?
        /// The position of the entry that the reader reads next.
        private var next = 0

        init(_ pool: EntryPool) { self.pool = pool }

        mutating func entry(at position: Int) -> BatchEntry {
            let group = position - position % EntryPool.groupSize
            // Every group begins with whole texts.
            if next <= group || position < next { (reader, next) = (nil, group) }
            // The reader is moved out, because otherwise its texts would be copied when they change.
            var reader = reader.take() ?? pool.reader(ofGroupAt: group)
            for _ in next...position { reader.next() }
            (self.reader, next) = (reader, position + 1)
            return pool.entry(reader)
        }
    }

    private func reader(ofGroupAt position: Int) -> EntryReader {
        guard let reader = pages.reader(at: groups[position / Self.groupSize]) else {
            preconditionFailure("the pages of a pool stay in memory")
        }
        return EntryReader(reader)
    }

    private func entry(_ reader: EntryReader) -> BatchEntry {
        let file = files[reader.file]
        return BatchEntry(
            source: Reference(wellFormed: reader.source),
            target: reader.target.map { Reference(wellFormed: $0) },
            place: ListPlace(file: file, line: reader.line, column: reader.column),
            targetPlace: ListPlace(file: file, line: reader.line, column: reader.targetColumn))
    }

    private mutating func fileNumber(_ file: String) -> Int {
        if let number = files.lastIndex(of: file) { return number }
        files.append(file)
        return files.count - 1
    }
}

/// Reads the entries of a group, one after the other.
private struct EntryReader {
    private var reader: RecordReader
    private var sourceBytes: [UInt8] = []
    private var targetBytes: [UInt8] = []
    private var hasTarget = false
    private(set) var (file, line, column, targetColumn) = (0, 0, 0, 0)

    init(_ reader: RecordReader) { self.reader = reader }

    var source: String { String(decoding: sourceBytes, as: UTF8.self) }
    var target: String? { hasTarget ? String(decoding: targetBytes, as: UTF8.self) : nil }

    mutating func next() {
        (file, line) = (reader.number(), reader.number())
        (column, targetColumn) = (reader.number(), reader.number())
        reader.text(after: &sourceBytes)
        hasTarget = reader.number() == 1
        if hasTarget { reader.text(after: &targetBytes) }
    }
}

extension Reference {
    /// Parses the text of a reference that was parsed successfully before.
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
