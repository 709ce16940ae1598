// SPDX-License-Identifier: Apache-2.0

import OCI

/// Splits a stream of CSV (RFC 4180; also with semicolons or tabs) into records. One record is in memory at a time.
///
/// The first record names the columns. A quote that is never closed would join the rest of the file into one record.
/// Such a record therefore ends at a size limit, its first line is reported, and reading continues with its second
/// line.
struct CSVReader {
    typealias Problem = (_ line: Int, _ reason: String) -> Void

    private enum Place { case fieldStart, plain, quoted, quoteInQuoted, afterError }

    private let schema: EntrySchema
    private let recordLimit: Int
    private var columns: [EntrySchema.Step?]?
    private var delimiter = UInt8(ascii: ",")
    private var place = Place.fieldStart
    private var line = 1
    private var recordLine = 1
    /// The record's fields without quotes, one after another, and the end of each.
    private var values: [UInt8] = []
    private var ends: [Int] = []
    /// The bytes of the record as they stand in the file, in case the record has to be read again.
    private var written: [UInt8] = []

    init(schema: EntrySchema, recordLimit: Int = 1 << 20) {
        self.schema = schema
        self.recordLimit = recordLimit
    }

    /// - Parameter found: receives the fields of each record, and its line.
    mutating func feed(
        _ chunk: UnsafeBufferPointer<UInt8>, into fields: inout EntryFields,
        found: (borrowing EntryFields, Int) -> Void,
        problem: Problem
    ) throws(UnreadableLog) {
        var offset = 0
        while offset < chunk.count {
            let end = endOfPlainText(chunk, from: offset)
            if end > offset {
                values += chunk[offset..<end]
                written += chunk[offset..<end]
            }
            if end < chunk.count { try take(chunk[end], into: &fields, found: found, problem: problem) }
            offset = end + 1
            if written.count > recordLimit { try startAgain(into: &fields, found: found, problem: problem) }
        }
    }

    /// The end of the plain text from `start`. This loop only speeds up the two most common states.
    private func endOfPlainText(_ chunk: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard place == .plain || place == .quoted else { return start }
        var end = start
        while end < chunk.count, !Self.isSpecial[Int(chunk[end])] { end += 1 }
        return end
    }

    private static let isSpecial = (UInt8.min...UInt8.max).map { "\"\n\r,;\t".utf8.contains($0) }

    /// Reads the rest at the end of the stream.
    mutating func finish(
        into fields: inout EntryFields, found: (borrowing EntryFields, Int) -> Void, problem: Problem
    ) throws(UnreadableLog) {
        while place == .quoted { try startAgain(into: &fields, found: found, problem: problem) }
        if !written.isEmpty, place != .afterError { try endRecord(into: &fields, found: found, problem: problem) }
    }

    private mutating func take(
        _ byte: UInt8, into fields: inout EntryFields, found: (borrowing EntryFields, Int) -> Void, problem: Problem
    ) throws(UnreadableLog) {
        written.append(byte)
        defer { if byte == UInt8(ascii: "\n") { line += 1 } }
        switch (place, byte) {
        case (.quoted, UInt8(ascii: "\"")): place = .quoteInQuoted
        case (.quoted, _): values.append(byte)
        case (.afterError, UInt8(ascii: "\n")): beginRecord(at: line + 1)
        case (.afterError, _): written.removeAll(keepingCapacity: true)
        case (.fieldStart, UInt8(ascii: "\"")): place = .quoted
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            values.append(byte)
            place = .quoted
        case (_, UInt8(ascii: "\n")):
            try endRecord(into: &fields, found: found, problem: problem)
            beginRecord(at: line + 1)
        case (_, UInt8(ascii: "\r")): break
        case (_, delimiter) where columns != nil: endField()
        case (_, UInt8(ascii: ",")), (_, UInt8(ascii: ";")), (_, UInt8(ascii: "\t")):
            if columns == nil, ends.isEmpty { delimiter = byte }
            if byte == delimiter { endField() } else { values.append(byte) }
        case (.quoteInQuoted, _):
            problem(recordLine, "not CSV: text behind a closing quote")
            place = .afterError
        default:
            values.append(byte)
            place = .plain
        }
    }

    private mutating func endField() {
        ends.append(values.count)
        place = .fieldStart
    }

    private mutating func beginRecord(at line: Int) {
        recordLine = line
        values.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        written.removeAll(keepingCapacity: true)
        place = .fieldStart
    }

    private mutating func endRecord(
        into fields: inout EntryFields, found: (borrowing EntryFields, Int) -> Void, problem: Problem
    ) throws(UnreadableLog) {
        endField()
        if values.isEmpty, ends.count == 1 { return }
        guard let columns else { return try readHeader() }
        guard ends.count == columns.count else {
            return problem(recordLine, "not CSV: \(ends.count) fields where the first line names \(columns.count)")
        }
        fields.removeAll()
        do throws(EntryError) { try fill(&fields, columns) } catch { return problem(recordLine, error.reason) }
        found(fields, recordLine)
    }

    private func fill(_ fields: inout EntryFields, _ columns: [EntrySchema.Step?]) throws(EntryError) {
        var start = 0
        for (column, end) in zip(columns, ends) {
            defer { start = end }
            guard let column else { continue }
            if let field = column.field {
                fields.set(field) { $0 += values[start..<end] }
            } else if start < end {
                // A column of BigQuery's type JSON, or a column that was converted to text.
                let result = values[start..<end].withUnsafeBufferPointer { text in
                    Result { () throws(EntryError) in
                        try JSONEntryReader.read(text, schema, node: column.node, into: &fields)
                    }
                }
                try result.get()
            }
        }
    }

    private mutating func readHeader() throws(UnreadableLog) {
        var start = 0
        let steps = ends.map { end in
            defer { start = end }
            return values[start..<end].withUnsafeBufferPointer { schema.step(from: EntrySchema.root, $0) }
        }
        let wanted: Set<EntryField> = [.message, .payloadMessage, .imageName, .hubHour]
        guard steps.contains(where: { $0.map { step in step.field.map(wanted.contains) ?? true } ?? false }) else {
            let first = String(decoding: written.prefix(80), as: UTF8.self)
            throw UnreadableLog(
                reason:
                    "neither JSON nor CSV with a column jsonPayload.message, message, imageName or datehour: it begins with "
                    + "\"\(first.displayable(limit: 60))\"")
        }
        columns = steps
    }

    /// Gives up a record whose quote was never closed: reports it, and reads its bytes again from its second line.
    private mutating func startAgain(
        into fields: inout EntryFields, found: (borrowing EntryFields, Int) -> Void, problem: Problem
    ) throws(UnreadableLog) {
        let again = written.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
        problem(recordLine, "not CSV: a quote is never closed")
        line = recordLine + 1
        let isWhole = again.isEmpty
        beginRecord(at: line)
        if isWhole, columns != nil { place = .afterError }
        for byte in again { try take(byte, into: &fields, found: found, problem: problem) }
    }
}
