// SPDX-License-Identifier: Apache-2.0

/// Images with which a file compares something, or which are in a list of values that it allows. Under another name the
/// comparison would have another result.
struct ComparedTexts {
    /// The line, from 1, in which something is compared with each image.
    private(set) var lines: [String: Int] = [:]
    private let bytes: [UInt8]
    /// The places of images. They are not compared.
    private let found: Set<Int>
    /// The images by the first part of their names, and these by their first byte. Few words of a file begin so.
    private let images: [String: [String]]
    private let beginnings: [UInt8: [[UInt8]]]
    /// The images that each word stands for: the image itself, and those that begin with it.
    private var meant: [String: [String]] = [:]
    /// Whether the file may have lists of allowed values. Most files have none.
    private let mayHaveLists: Bool
    /// The line that was looked at last.
    private var line = 0..<0

    /// - Parameters:
    ///   - images: references or names as the file has them.
    ///   - found: the places of images.
    init(of images: Set<String>, in bytes: [UInt8], besides found: [Range<Int>]) {
        self.bytes = bytes
        self.found = Set(found.map(\.lowerBound))
        self.images = Dictionary(grouping: images.sorted()) { image in String(image.prefix { !":/@".contains($0) }) }
        mayHaveLists = bytes.withUnsafeBufferPointer { bytes in
            Self.listWords.contains { ByteSearch.contains($0, in: bytes, 0..<bytes.count) }
        }
        beginnings = Dictionary(grouping: self.images.keys.map { Array($0.utf8) }.filter { !$0.isEmpty }) { $0[0] }
        search()
    }

    private mutating func search() {
        let isFirst = (0...255).map { beginnings[UInt8($0)] != nil }
        let places = bytes.withUnsafeBufferPointer { bytes in
            bytes.indices.filter { place in
                isFirst[Int(bytes[place])] && (place == 0 || !ComparingLine.isWordByte(bytes[place - 1]))
            }
        }
        for place in places where !found.contains(place) {
            let rest = bytes[place...]
            if beginnings[bytes[place]]?.contains(where: { rest.starts(with: $0) }) == true { judge(place) }
        }
    }

    private mutating func judge(_ start: Int) {
        let end = bytes[start...].firstIndex { !ComparingLine.isWordByte($0) } ?? bytes.count
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        let meant = meant[text] ?? images(of: text)
        self.meant[text] = meant
        guard meant.contains(where: { lines[$0] == nil }) else { return }
        let line = line(around: start)
        if line?.isComment == true { return }
        let isBeginning = line?.comparesBeginning(start..<end) ?? false
        guard isBeginning || line?.compares(start..<end) == true || isAllowed(start) else { return }
        let number = bytes[..<start].count { $0 == 10 } + 1
        for image in meant where isBeginning || image == text { lines[image] = lines[image] ?? number }
    }

    /// The line with a place. Places are asked for in their order. nil for a long line, which is data.
    private mutating func line(around place: Int) -> ComparingLine? {
        if !line.contains(place) {
            let start = bytes[line.upperBound..<place].lastIndex(of: 10).map { $0 + 1 } ?? line.upperBound
            line = start..<(bytes[place...].firstIndex(of: 10) ?? bytes.count)
        }
        return line.count < ComparingLine.lengthLimit ? ComparingLine(bytes[line]) : nil
    }

    private func images(of text: String) -> [String] {
        images[String(text.prefix { !":/@".contains($0) })]?.filter { $0.hasPrefix(text) } ?? []
    }

    /// Beginnings of lists of allowed values, up to the bracket, and the most bytes that are between it and a value.
    private static let lists = ["validateset(", "@allowed("].map { Array($0.utf8) }
    private static let listLimit = 4096
    /// A part of each of them, in the cases in which people write it.
    private static let listWords = ["alidate", "ALIDATE", "llowed(", "LLOWED("].map { SearchWord($0) }

    /// Whether a place is in a list of allowed values, which may have several lines.
    private func isAllowed(_ place: Int) -> Bool {
        guard mayHaveLists else { return false }
        let front = bytes[max(0, place - Self.listLimit)..<place]
        guard let open = front.lastIndex(where: { "()".utf8.contains($0) }), front[open] == UInt8(ascii: "(") else {
            return false
        }
        let name = String(decoding: front[...open].suffix(16), as: UTF8.self).lowercased()
        return Self.lists.contains { name.utf8.suffix($0.count).elementsEqual($0) }
    }
}

extension ScanResult {
    /// Keeps images with which the file also compares something.
    package mutating func keepCompared(in bytes: [UInt8]) {
        let images = Set(findings.filter { $0.advice == nil }.flatMap(\.parts).compactMap(\.comparable))
        guard !images.isEmpty else { return }
        let places = findings.flatMap { [$0.range] + $0.parts.map(\.range) }
        let lines = ComparedTexts(of: images, in: bytes, besides: places).lines
        guard !lines.isEmpty else { return }
        for index in findings.indices where findings[index].advice == nil {
            let line = findings[index].parts.lazy.compactMap(\.comparable).compactMap { lines[$0] }.first
            if let line { findings[index].advice = "line \(line) compares something with this text: change both" }
        }
    }
}

extension ReferencePart {
    /// The text that a comparison may have. A word alone may mean anything.
    fileprivate var comparable: String? {
        guard [.reference, .name].contains(field), let value, value.contains(where: { ":/@".contains($0) }) else {
            return nil
        }
        return value
    }
}
