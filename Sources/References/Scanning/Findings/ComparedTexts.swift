// SPDX-License-Identifier: Apache-2.0

/// Texts with which a file compares something, and lists of values that a file allows. An image that is equal to one of
/// them stays: under another name the comparison would have another result.
struct ComparedTexts {
    /// The line of each text, from 1.
    private(set) var lines: [String: Int] = [:]
    /// The same for texts that only the beginning of another one is compared with.
    private(set) var beginnings: [String: Int] = [:]

    var isEmpty: Bool { lines.isEmpty && beginnings.isEmpty }

    /// Beginnings of lists of allowed values, up to the bracket.
    private static let lists = ["validateset(", "@allowed("].map { Array($0.utf8) }

    /// - Parameter found: the places of images. They are not compared.
    init(in bytes: [UInt8], besides found: [Range<Int>]) {
        let found = Set(found.map(\.lowerBound))
        var (number, start, isList) = (0, 0, false)
        while start < bytes.count {
            number += 1
            let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
            let line = ComparingLine(bytes[start..<end])
            start = end + 1
            if line.isComment { continue }
            let opensList = Self.lists.contains(where: line.holds)
            for place in line.words where !found.contains(place.lowerBound) {
                let text = String(decoding: bytes[place], as: UTF8.self)
                if line.comparesBeginning(place) {
                    beginnings[text] = beginnings[text] ?? number
                } else if isList || opensList || line.compares(place) {
                    lines[text] = lines[text] ?? number
                }
            }
            // A list may have several lines.
            if opensList || isList { isList = !line.bytes.contains(UInt8(ascii: ")")) }
        }
    }

    /// The line of a comparison with an image.
    func line(of image: String) -> Int? {
        lines[image] ?? beginnings.first { image.hasPrefix($0.key) }?.value
    }
}

extension ScanResult {
    /// Keeps images with which the file also compares something.
    package mutating func keepCompared(in bytes: [UInt8]) {
        guard !findings.isEmpty else { return }
        let compared = ComparedTexts(in: bytes, besides: findings.flatMap { [$0.range] + $0.parts.map(\.range) })
        guard !compared.isEmpty else { return }
        for index in findings.indices where findings[index].advice == nil {
            let line = findings[index].parts.lazy.compactMap(\.comparable).compactMap(compared.line).first
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
