// SPDX-License-Identifier: Apache-2.0

/// One instruction with its continuation lines joined.
struct DockerfileLine {
    /// The joined bytes. `pieces` gives the offset of each piece in them and in the source.
    var bytes: [UInt8] = []
    var pieces: [(position: Int, source: Int)] = []

    mutating func append(_ source: ArraySlice<UInt8>) {
        if source.isEmpty { return }
        pieces.append((bytes.count, source.startIndex))
        bytes += source
    }

    /// Where the instruction begins.
    var start: Int { pieces.first?.source ?? 0 }

    /// The line's text with the origin of each byte.
    func traced(_ origins: OriginMap) -> TracedText {
        var result = TracedText(capacity: bytes.count)
        for (index, piece) in pieces.enumerated() {
            let end = index + 1 < pieces.count ? pieces[index + 1].position : bytes.count
            for position in piece.position..<end {
                result.append(bytes[position], origin: origins.origin(of: piece.source + position - piece.position))
            }
        }
        return result
    }
}

/// Maps the offsets of a text that is part of a file to the file's offsets.
package struct OriginMap: Sendable {
    /// nil: the text is the whole file.
    private let origins: [Int]?

    package static let wholeFile = OriginMap(origins: nil)

    private init(origins: [Int]?) { self.origins = origins }

    package init(_ text: TracedText) { origins = text.origins }

    var isWholeFile: Bool { origins == nil }

    func origin(of offset: Int) -> Int { origins.map { $0[offset] } ?? offset }
}

/// Splits a Dockerfile into instructions as BuildKit does (frontend/dockerfile/parser/parser.go). Handles directives,
/// comments and blank lines between and inside instructions, continuation lines, and heredocs.
struct DockerfileLines {
    private let source: [UInt8]
    private var position = 0
    private var directives = DockerfileDirectives()
    private(set) var escape = UInt8(ascii: "\\")
    /// The offset of the first instruction with a heredoc that is never closed.
    private(set) var unterminatedHeredoc: Int?
    private(set) var invalidEscape: Int?
    /// The position of a repeated directive.
    var repeatedDirective: Int? { directives.repeated }

    init(_ source: [UInt8]) {
        self.source = source
        if source.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next instruction; nil at the end.
    mutating func next() -> DockerfileLine? {
        while position < source.count {
            let first = Self.trimmedStart(physicalLine())
            readDirective(first)
            if first.first == UInt8(ascii: "#") { continue }
            var line = DockerfileLine()
            var isContinued = append(first, to: &line)
            if !isContinued && line.bytes.isEmpty { continue }
            while isContinued, position < source.count {
                let more = physicalLine()
                let content = Self.trimmedStart(more)
                if content.isEmpty || content.first == UInt8(ascii: "#") { continue }
                isContinued = append(more, to: &line)
            }
            if line.bytes.allSatisfy(TracedText.isBlank) { continue }
            skipHeredocs(of: line)
            return line
        }
        return nil
    }

    /// The bytes up to the line end. Skips the line end.
    private mutating func physicalLine() -> ArraySlice<UInt8> {
        let start = position
        let feed = source.withUnsafeBufferPointer { ByteSearch.first(UInt8(ascii: "\n"), in: $0, from: start) }
        position = feed.map { $0 + 1 } ?? source.count
        var end = feed ?? source.count
        while end > start, source[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return source[start..<end]
    }

    /// Adds a line without its continuation mark.
    ///
    /// - Returns: whether the next line continues it. After an escape, the mark does not count.
    private func append(_ line: ArraySlice<UInt8>, to joined: inout DockerfileLine) -> Bool {
        let end = (line.lastIndex { $0 != 32 && $0 != 9 } ?? line.startIndex - 1)
        guard end >= line.startIndex, line[end] == escape, end == line.startIndex || line[end - 1] != escape else {
            joined.append(line)
            return false
        }
        joined.append(line[..<end])
        return true
    }

    private mutating func readDirective(_ line: ArraySlice<UInt8>) {
        guard let directive = directives.read(line), directive.name == "escape" else { return }
        switch directive.value.bytes {
        case [UInt8(ascii: "\\")]: escape = UInt8(ascii: "\\")
        case [UInt8(ascii: "`")]: escape = UInt8(ascii: "`")
        default: invalidEscape = line.startIndex
        }
    }

    private mutating func skipHeredocs(of line: DockerfileLine) {
        for heredoc in DockerfileHeredoc.heredocs(in: line, escape: escape) {
            var isClosed = false
            while !isClosed, position < source.count {
                var candidate = physicalLine()
                if heredoc.stripsTabs { candidate = candidate.drop { $0 == UInt8(ascii: "\t") } }
                isClosed = candidate.elementsEqual(heredoc.name)
            }
            if !isClosed { unterminatedHeredoc = unterminatedHeredoc ?? line.start }
        }
    }

    static func trimmedStart(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line.drop(while: TracedText.isBlank)
        // A no-break space and a next-line character are blanks in Go. Each is two bytes in UTF-8.
        while line.first == 0xC2, line.dropFirst().first.map({ $0 == 0xA0 || $0 == 0x85 }) == true {
            line = line.dropFirst(2).drop(while: TracedText.isBlank)
        }
        return line
    }
}

/// The directives, `# name=value` in the first lines of a Dockerfile.
struct DockerfileDirectives {
    struct Directive {
        let name: String
        let value: TracedText
    }

    var comment: [UInt8] = [UInt8(ascii: "#")]
    private var isDone = false
    private var seen: Set<String> = []
    /// The position of a repeated directive.
    private(set) var repeated: Int?

    init(comment: String = "#") { self.comment = Array(comment.utf8) }

    /// - Returns: the directive in `line`. The first line without one ends the directives.
    mutating func read(_ line: ArraySlice<UInt8>) -> Directive? {
        guard !isDone, let directive = parse(line) else {
            isDone = true
            return nil
        }
        guard seen.insert(directive.name).inserted else {
            repeated = line.startIndex
            isDone = true
            return nil
        }
        return directive
    }

    private func parse(_ line: ArraySlice<UInt8>) -> Directive? {
        guard line.starts(with: comment) else { return nil }
        let rest = line.dropFirst(comment.count).drop(while: TracedText.isBlank)
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = String(decoding: rest[..<equals], as: UTF8.self).lowercased().trimmingBlanksAtEnd
        guard ["syntax", "escape", "check"].contains(name) else { return nil }
        let value = TracedText(rest[(equals + 1)...], origin: equals + 1).trimmed
        return value.isEmpty ? nil : Directive(name: name, value: value)
    }
}

extension String {
    fileprivate var trimmingBlanksAtEnd: String {
        var text = self[...]
        while let last = text.utf8.last, TracedText.isBlank(last) { text = text.dropLast() }
        return String(text)
    }
}
