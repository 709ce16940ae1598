// SPDX-License-Identifier: Apache-2.0

/// Reads one log piece by piece, in any supported format, and passes on the fields of each entry.
///
/// Memory: one piece, one entry (at most 4 MiB of JSON or 1 MiB of CSV), and zlib's window.
final class LogReader {
    typealias Found = (borrowing EntryFields, Int) -> Void
    typealias Problem = (_ line: Int, _ reason: String) -> Void

    private enum Stage {
        /// The first bytes, until they are enough to detect the format.
        case start([UInt8])
        case json(JSONEntrySplitter)
        case csv(CSVReader)
    }

    private let found: Found
    private let problem: Problem
    private let schema = EntrySchema.standard
    private var stage = Stage.start([])
    private var fields = EntryFields()
    private var inflater: Inflater?
    private var head: [UInt8]? = []

    init(_ found: @escaping Found, _ problem: @escaping Problem) {
        self.found = found
        self.problem = problem
    }

    func feed(_ piece: UnsafeBufferPointer<UInt8>) throws(UnreadableLog) {
        // Two bytes are needed to detect gzip. A pipe may deliver them one at a time.
        if let first = head {
            let whole = first + piece
            guard whole.count >= 2 else { return head = whole }
            head = nil
            if whole.starts(with: [0x1F, 0x8B]) { inflater = Inflater() }
            return try Self.withBytes(whole, unpack)
        }
        try unpack(piece)
    }

    private func unpack(_ piece: UnsafeBufferPointer<UInt8>) throws(UnreadableLog) {
        guard let inflater else { return try read(piece) }
        try inflater.feed(piece, read)
    }

    /// Reads the rest at the end of the file, and reports incomplete data.
    func finish() throws(UnreadableLog) {
        if let first = head {
            head = nil
            try Self.withBytes(first, read)
        }
        if let inflater, !inflater.isBetweenMembers {
            problem(1, "the gzip data ends too early: what follows is missing")
        }
        if case .start(let head) = stage, !head.isEmpty { try decide(head) }
        switch stage {
        case .start: break
        case .json(let splitter):
            var splitter = splitter
            splitter.finish(problem)
        case .csv(var reader):
            try reader.finish(into: &fields, found: found, problem: problem)
        }
    }

    private func read(_ piece: UnsafeBufferPointer<UInt8>) throws(UnreadableLog) {
        switch stage {
        case .start(let earlier):
            let head = earlier + piece
            // Enough bytes to detect every format.
            if head.count >= 64 { try decide(head) } else { stage = .start(head) }
        case .json(var splitter):
            // The splitter is moved out of `stage`, so that its buffer is not copied.
            stage = .start([])
            splitter.feed(piece, entry, problem)
            stage = .json(splitter)
        case .csv(var reader):
            stage = .start([])
            try reader.feed(piece, into: &fields, found: found, problem: problem)
            stage = .csv(reader)
        }
    }

    private func decide(_ head: [UInt8]) throws(UnreadableLog) {
        let text = head.starts(with: LogFormat.byteOrderMark) ? head.dropFirst(3) : head[...]
        let start = text.drop { $0 == 32 || $0 == 9 || $0 == 10 || $0 == 13 }
        if start.isEmpty { return stage = .start(head.count > 1 << 20 ? [] : head) }
        switch try LogFormat(of: start) {
        case .gzip: throw UnreadableLog(reason: "it was compressed twice", hint: "unpack it once and read from -")
        case .json: stage = .json(JSONEntrySplitter())
        case .csv: stage = .csv(CSVReader(schema: schema))
        }
        try Self.withBytes(Array(text), read)
    }

    private func entry(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Int) {
        fields.removeAll()
        do throws(EntryError) {
            try JSONEntryReader.read(bytes, schema, into: &fields)
            found(fields, line)
        } catch {
            problem(line, error.reason)
        }
    }

    private static func withBytes(
        _ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws(UnreadableLog) -> Void
    ) throws(UnreadableLog) {
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(UnreadableLog) in try body(buffer) }
        }
        try result.get()
    }
}
