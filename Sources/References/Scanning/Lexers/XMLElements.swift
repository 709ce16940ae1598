// SPDX-License-Identifier: Apache-2.0

/// The elements of an XML document, as far as settings need them: names, texts and nesting. The document need not be
/// well formed: unmatched end tags are skipped.
struct XMLElements {
    struct Element {
        let name: String
        let parent: Int?
        /// The bytes between its tags. Empty until the end tag is read.
        fileprivate(set) var content: Range<Int>
        fileprivate(set) var children: [Int] = []
    }

    private(set) var all: [Element] = []
    private let bytes: [UInt8]
    private var open: [Int] = []
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while let start = bytes[position...].firstIndex(of: UInt8(ascii: "<")) { readTag(at: start) }
    }

    /// The text of an element without children; nil for others.
    func text(of element: Int) -> TracedText? {
        guard all[element].children.isEmpty else { return nil }
        let range = all[element].content
        return TracedText(bytes[range], origin: range.lowerBound).trimmed
    }

    func children(_ name: String, of element: Int) -> [Int] { all[element].children.filter { all[$0].name == name } }

    /// The text of the first child with this name.
    func text(_ name: String, of element: Int) -> TracedText? {
        children(name, of: element).first.flatMap { text(of: $0) }
    }

    /// All elements whose names, from an ancestor down to the element, are `path`. The path may begin at any depth.
    func elements(at path: String...) -> [Int] {
        all.indices.filter { index in
            var place: Int? = index
            for name in path.reversed() {
                guard let here = place, all[here].name == name else { return false }
                place = all[here].parent
            }
            return true
        }
    }

    // MARK: - Reading

    private static let passedOver = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")]

    private mutating func readTag(at start: Int) {
        for (opening, closing) in Self.passedOver where bytes[start...].starts(with: opening.utf8) {
            position =
                place(of: closing, from: start + opening.utf8.count).map { $0 + closing.utf8.count } ?? bytes.count
            return
        }
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: ">")) else {
            position = bytes.count
            return
        }
        position = end + 1
        let isEnd = bytes[start + 1] == UInt8(ascii: "/")
        let name = bytes[(start + (isEnd ? 2 : 1))..<end].prefix { !TracedText.isBlank($0) && $0 != UInt8(ascii: "/") }
        let text = String(decoding: name, as: UTF8.self)
        if isEnd { close(text, at: start) } else { add(text, before: end) }
    }

    private mutating func add(_ name: String, before end: Int) {
        let index = all.count
        if let parent = open.last { all[parent].children.append(index) }
        all.append(Element(name: name, parent: open.last, content: end + 1..<end + 1))
        if bytes[end - 1] != UInt8(ascii: "/"), open.count < Self.depthLimit { open.append(index) }
    }

    /// The deepest nesting. Deeper elements have no content.
    private static let depthLimit = 128

    private mutating func close(_ name: String, at start: Int) {
        guard let last = open.last, all[last].name == name else { return }
        open.removeLast()
        all[last].content = all[last].content.lowerBound..<max(all[last].content.lowerBound, start)
    }

    private func place(of word: String, from start: Int) -> Int? {
        var offset = start
        while offset < bytes.count, let found = bytes[offset...].firstIndex(of: word.utf8.first ?? 0) {
            if bytes[found...].starts(with: word.utf8) { return found }
            offset = found + 1
        }
        return nil
    }
}
