// SPDX-License-Identifier: Apache-2.0

/// Splits a stream of JSON into entries. One entry is in memory at a time. The stream can be an array of entries,
/// entries one after another (one line each, or printed over many lines), or lists whose entries are below `items`
/// (kubectl) or `entries` (the Logging API).
///
/// The splitter reads only brackets and quotes; the receiver of an entry checks its syntax. An entry that was cut off
/// must not include the following entries, so a brace at the indentation of entries begins a new one.
struct JSONEntrySplitter {
    /// Receives the entries, in the order of the stream. The bytes are valid during the call only.
    typealias Found = (_ entry: UnsafeBufferPointer<UInt8>, _ line: Int) -> Void
    typealias Problem = (_ line: Int, _ reason: String) -> Void

    private enum Place {
        case between
        case inEntry
        /// After the entries of a list, before the end of the object around them.
        case inTail
        /// After bytes that are not an entry, until the line ends.
        case inJunk
    }

    /// The maximum size of an entry in bytes. Cloud Logging's own limit is 256 KiB.
    private let entryLimit: Int

    private var place = Place.between
    private var line = 1
    /// The entry's bytes from earlier chunks.
    private var kept: [UInt8] = []
    private var isTooLong = false
    private var entryLine = 1
    /// The number of open brackets inside the entry.
    private var depth = 0
    private var isInText = false
    /// Whether the last byte was a backslash, so that the next byte is text.
    private var isEscaped = false
    private var lastSignificant: UInt8 = 0
    /// How much of `"items":` was just read: 1: the key, 2: the key and the colon. This key makes the object around it
    /// a list.
    private var listKeyStage = 0
    /// The text that is being read at depth 1, as far as it is needed.
    private var key: [UInt8] = []

    // The layout of the entries, to detect where an entry begins.
    /// The number of blanks from the beginning of the line to the current byte; nil after the first other byte.
    private var indentation: Int? = 0
    private var entryIndentation: Int?
    private var currentIndentation: Int?
    private var entriesAreLines = false
    private var isInList = false
    /// The line in which the current array of entries began; nil outside of an array.
    private var arrayLine: Int?
    /// Whether the last byte was the bracket that opens a list's entries.
    private var opensList = false

    init(entryLimit: Int = 4 << 20) { self.entryLimit = entryLimit }

    mutating func feed(_ chunk: UnsafeBufferPointer<UInt8>, _ found: Found, _ problem: Problem) {
        var offset = 0
        /// Where the entry's part in this chunk begins.
        var start = 0
        while offset < chunk.count {
            offset = isInText ? skipText(chunk, from: offset) : skipBlanks(chunk, from: offset)
            if offset == chunk.count { break }
            let byte = chunk[offset]
            switch place {
            case .between:
                if byte == UInt8(ascii: "{") {
                    begin()
                    start = offset
                } else {
                    outside(byte, problem)
                }
            case .inJunk:
                if byte == UInt8(ascii: "\n") { place = .between }
            case .inEntry, .inTail:
                if byte == UInt8(ascii: "{"), beginsAnother {
                    end(chunk[start..<offset], found, problem)
                    begin()
                    start = offset
                } else if isLast(byte) {
                    end(chunk[start...offset], found, problem)
                } else if opensList {
                    // The bytes so far were the beginning of the list. Its entries come now.
                    opensList = false
                    isInList = true
                    place = .between
                    kept = []
                }
            }
            count(byte)
            offset += 1
        }
        keep(chunk[min(start, chunk.count)...])
    }

    /// Reports an entry or a list that is incomplete at the end of the stream.
    mutating func finish(_ problem: Problem) {
        if place == .inEntry {
            problem(entryLine, "not JSON: the log ends in the middle of the entry")
        } else if let arrayLine {
            problem(arrayLine, "not JSON: the list of entries that begins here has no end: the log was cut off")
        } else if isInList {
            problem(line, "not JSON: the list of entries has no end: the log was cut off")
        }
    }

    // MARK: - Between entries

    private mutating func outside(_ byte: UInt8, _ problem: Problem) {
        switch byte {
        case 32, 9, 10, 13, UInt8(ascii: ","): break
        case UInt8(ascii: "["): arrayLine = arrayLine ?? line
        case UInt8(ascii: "]"):
            arrayLine = nil
            if isInList {
                isInList = false
                place = .inTail
                depth = 1
                lastSignificant = byte
            }
        default:
            problem(line, "not JSON: expected an entry, found byte 0x\(String(byte, radix: 16))")
            place = .inJunk
        }
    }

    private mutating func begin() {
        entryLine = line
        currentIndentation = indentation
        if entryIndentation == nil { entryIndentation = indentation }
        place = .inEntry
        depth = 1
        isInText = false
        isEscaped = false
        isTooLong = false
        listKeyStage = 0
        lastSignificant = UInt8(ascii: "{")
        kept.removeAll(keepingCapacity: true)
    }

    // MARK: - Inside an entry

    /// Whether an opening brace here begins the next entry, because the current one was cut off: the brace is the first
    /// byte on its line, has the indentation of entries, and could not stand inside the current entry.
    private var beginsAnother: Bool {
        guard !isInText, let indentation, indentation == entryIndentation, line > entryLine else { return false }
        return (entriesAreLines && indentation == 0) || !":,[".utf8.contains(lastSignificant)
    }

    private mutating func skipBlanks(_ chunk: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var end = start
        while end < chunk.count, chunk[end] == 32 { end += 1 }
        if let blanks = indentation { indentation = blanks + end - start }
        return end
    }

    /// Skips text that has no quote, escape or line end.
    private mutating func skipText(_ chunk: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        if isEscaped { return start }
        let end = ByteScan.endOfPlainText(chunk, from: start)
        if end > start {
            if mayBeListKey, key.count < 16 { key += chunk[start..<end] }
            lastSignificant = 0x20
            indentation = nil
        }
        return end
    }

    /// Processes one byte of an entry. Returns true for the brace that ends it.
    private mutating func isLast(_ byte: UInt8) -> Bool {
        if isInText {
            text(byte)
            return false
        }
        switch byte {
        case UInt8(ascii: "\""):
            isInText = true
            if mayBeListKey { key.removeAll(keepingCapacity: true) }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            opensList = byte == UInt8(ascii: "[") && depth == 1 && listKeyStage == 2 && place == .inEntry && !isInList
            depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case 32, 9, 10, 13: return false
        default: break
        }
        listKeyStage = listKeyStage == 1 && byte == UInt8(ascii: ":") ? 2 : 0
        lastSignificant = byte
        return depth == 0
    }

    private mutating func text(_ byte: UInt8) {
        defer { lastSignificant = byte }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
            return
        } else if byte == UInt8(ascii: "\"") {
            isInText = false
            listKeyStage = mayBeListKey && Self.listKeys.contains(key) ? 1 : 0
            return
        }
        // Text cannot contain a line end, so the closing quote is missing. The entry is broken, but the next one must
        // not be.
        if byte == UInt8(ascii: "\n") {
            isInText = false
            isEscaped = false
        }
        if mayBeListKey { key.append(byte) }
    }

    /// Whether a text here can be the key of a list. It cannot if entries are lines, or inside a list.
    private var mayBeListKey: Bool { depth == 1 && !isInList && !entriesAreLines }

    private static let listKeys = [Array("items".utf8), Array("entries".utf8)]

    private mutating func end(_ last: Slice<UnsafeBufferPointer<UInt8>>, _ found: Found, _ problem: Problem) {
        defer {
            place = .between
            isInText = false
            kept.removeAll(keepingCapacity: true)
        }
        if place == .inTail { return }
        if currentIndentation == 0, entryLine == line, !isInList { entriesAreLines = true }
        if isTooLong || kept.count + last.count > entryLimit {
            problem(entryLine, "the entry is longer than \(entryLimit) bytes")
        } else if kept.isEmpty {
            found(UnsafeBufferPointer(rebasing: last), entryLine)
        } else {
            kept += last
            kept.withUnsafeBufferPointer { found($0, entryLine) }
        }
    }

    /// Keeps the chunk's part of an entry that continues in the next chunk.
    private mutating func keep(_ rest: Slice<UnsafeBufferPointer<UInt8>>) {
        guard place == .inEntry, !isTooLong else { return }
        if kept.count + rest.count > entryLimit {
            isTooLong = true
            kept = []
        } else {
            kept += rest
        }
    }

    private mutating func count(_ byte: UInt8) {
        if byte == UInt8(ascii: "\n") {
            line += 1
            indentation = 0
        } else if let blanks = indentation {
            indentation = byte == 32 || byte == 9 ? blanks + 1 : nil
        }
    }
}
