// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds texts that look like references anywhere in a document: in arguments, environments and ConfigMaps. Also finds
/// names with a tag under keys that say image. All findings are marked as guesses.
struct GuessScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    private let known: Set<Int>
    private(set) var findings: [Finding] = []
    /// The place of a slash, and a place before it from which on it is the next one. Most texts have no slash.
    private var nextSlash = (from: 0, place: -1)

    /// - Parameter known: what was found already.
    init(view: YAMLView, known: [Range<Int>]) {
        self.view = view
        self.known = Set(known.map(\.lowerBound))
    }

    /// Whether a document has a text with a colon inside, and before the colon a path or a key that says image. Most
    /// documents have none and need not be parsed.
    static func mayFind(in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var offset = 0
        while let colon = ByteSearch.first(UInt8(ascii: ":"), in: part, from: offset) {
            offset = colon + 1
            guard offset < part.count, isTagStart(part[offset]) else { continue }
            var start = colon
            while start > 0, colon - start < lengthLimit, !separators[Int(part[start - 1])] {
                start -= 1
                if part[start] == UInt8(ascii: "/") { return true }
            }
            if start < colon, isNamedImage(part[..<start]) { return true }
        }
        return false
    }

    /// Whether `front` ends with a key that says image and the bytes between a key and its value.
    private static func isNamedImage(_ front: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var isBehindKey = false
        var end = front.endIndex
        while end > front.startIndex, end + betweenLimit > front.endIndex, "\"': \t".utf8.contains(front[end - 1]) {
            end -= 1
            if front[end] == UInt8(ascii: ":") { isBehindKey = true }
        }
        return isBehindKey && ImageText.endsInImage(bytes: front[..<end])
    }

    /// The most bytes between a key and its value: quotes, a colon and blanks.
    private static let betweenLimit = 8

    /// The most bytes of a text that looks like a reference.
    private static let lengthLimit = 512

    private static func isTagStart(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 || byte &- 48 < 10 }

    mutating func scan() {
        for index in view.document.nodes.indices {
            switch view.document.nodes[index].kind {
            case .scalar: guess(Index(index))
            case .mapping: guess(in: view.document.nodes[index])
            default: continue
            }
        }
    }

    private mutating func guess(in mapping: YAMLNode) {
        var key = mapping.first
        while key >= 0 {
            let value = view.document[key].next
            guard value >= 0 else { return }
            if endsInImage(key) { guess(value, under: key) }
            key = view.document[value].next
        }
    }

    /// `image: alpine:3.1`: a name with a tag needs no path if its key says that it is an image.
    private mutating func guess(_ value: Index, under key: Index) {
        // Most of these values were found before and need not be read again.
        guard view.document[value].kind == .scalar, !known.contains(view.place(of: value).lowerBound),
            let text = view.text(value), !text.bytes.contains(UInt8(ascii: "/")),
            ReferenceBounds(text.bytes).tag != nil,
            let name = view.document.string(key), let reference = ImageText.reference(of: text.string, namedBy: name),
            !machines.contains(value)
        else { return }
        append(text, value) { reference }
    }

    /// The values in mappings called `machine`: disks of CircleCI, whose names have tags, too.
    private lazy var machines: Set<Index> = {
        let document = view.document
        let mappings = document.nodes.indices.filter { document.nodes[$0].kind == .mapping }
        let machines = mappings.flatMap { document.entries(Index($0)) }.filter { document.isText($0.key, "machine") }
        return Set(machines.flatMap { document.entries($0.value) }.map(\.value))
    }()

    private func endsInImage(_ key: Index) -> Bool {
        let node = view.document[view.document.resolved(key)]
        guard node.kind == .scalar else { return false }
        return ImageText.endsInImage(bytes: view.document.bytes[node.contentRange])
    }

    private mutating func guess(_ index: Index) {
        guard mayHold(view.document[index]), let text = view.text(index), text.count > 4 else { return }
        var start = 0
        while start < text.count {
            let end = text.bytes[start...].firstIndex { Self.separators[Int($0)] } ?? text.count
            if Self.mayBeReference(text.bytes[start..<end]) { add(text[start..<end], index) }
            start = end + 1
        }
    }

    /// Whether a node may hold a reference with a path. Shorter references are not guessed. Most texts can be judged by
    /// their bytes in the file.
    private mutating func mayHold(_ node: YAMLNode) -> Bool {
        let range = node.contentRange
        guard var slash = firstSlash(in: range).map({ $0 - range.lowerBound }) else { return false }
        let bytes = UnsafeBufferPointer(rebasing: view.document.bytes[range])
        // Escapes may stand for anything.
        if node.style == .doubleQuoted, ByteSearch.first(UInt8(ascii: "\\"), in: bytes, from: 0) != nil { return true }
        while true {
            var (start, end) = (slash, slash)
            while start > 0, !Self.separators[Int(bytes[start - 1])] { start -= 1 }
            while end < bytes.count, !Self.separators[Int(bytes[end])] { end += 1 }
            let word = bytes[start..<end]
            if Self.mayBeReference(word), !Self.isAddress(word) { return true }
            guard let next = ByteSearch.first(UInt8(ascii: "/"), in: bytes, from: end) else { return false }
            slash = next
        }
    }

    private mutating func firstSlash(in range: Range<Int>) -> Int? {
        if range.lowerBound < nextSlash.from || range.lowerBound > nextSlash.place {
            let next = ByteSearch.first(UInt8(ascii: "/"), in: view.document.bytes, from: range.lowerBound)
            nextSlash = (range.lowerBound, next ?? .max)
        }
        return nextSlash.place < range.upperBound ? nextSlash.place : nil
    }

    /// `https://…`: no reference has two slashes in a row.
    private static func isAddress(_ word: some Collection<UInt8>) -> Bool {
        zip(word, word.dropFirst()).contains { $0 == UInt8(ascii: "/") && $1 == UInt8(ascii: "/") }
    }

    /// A guessed reference has a path, and a host, a tag or a digest. Most words do not, and need not be parsed.
    private static func mayBeReference(_ word: some Collection<UInt8>) -> Bool {
        guard word.count >= 5, word.contains(UInt8(ascii: "/")) else { return false }
        return word.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "@") }
    }

    /// Bytes that are never part of a reference.
    private static let separators: [Bool] = {
        let marks = Array("\"'`,;=|<>(){}[]$*?!&\\".utf8)
        return (0...UInt8.max).map { $0 <= 32 || marks.contains($0) }
    }()

    private mutating func add(_ text: TracedText, _ index: Index) {
        append(text, index) { ImageName.isLikely(text.string) ? ImageName.reference(text.string) : nil }
    }

    /// - Parameter reference: called only if the text was not found before.
    private mutating func append(_ text: TracedText, _ index: Index, _ reference: () -> Reference?) {
        guard let range = text.contiguousRange, !known.contains(range.lowerBound), let reference = reference() else {
            return
        }
        var finding = Finding(
            kind: .kubernetes, range: range, text: text.string, meaning: .reference(reference),
            parts: [ReferencePart(.reference, range, value: text.string, style: view.style(index))])
        finding.isGuess = true
        findings.append(finding)
    }
}
