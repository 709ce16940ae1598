// SPDX-License-Identifier: Apache-2.0

/// The branches of a template: what stands in one of them does not count together with what stands in another one of
/// the same condition.
struct TemplateConditions {
    /// Where the branches change, in the file's order, with the innermost branch behind that place. nil: none.
    private var places: [(start: Int, branch: Int?)] = [(0, nil)]
    private var branches: [Branch] = []

    private struct Branch {
        /// The text of the action that begins the condition. The same text is the same condition.
        let condition: String
        let number: Int
        let outer: Int?
    }

    /// The most branches around a place that count.
    private static let depthLimit = 32

    /// The most bytes before a document in which its first branch may begin.
    private static let frontLimit = 4096

    /// - Parameter document: the part of the file whose branches are asked for.
    init(of file: UnsafeBufferPointer<UInt8>, around document: Range<Int>) {
        var offset = max(0, document.lowerBound - Self.frontLimit)
        while let start = ByteSearch.first(UInt8(ascii: "{"), in: file, from: offset), start < document.upperBound {
            let end = Self.end(of: start, in: file)
            if let end { enter(file[start + 2..<end - 2], end: end) }
            offset = end ?? start + 1
        }
    }

    /// The end of an action of Go, or of a statement of Jinja.
    private static func end(of start: Int, in file: UnsafeBufferPointer<UInt8>) -> Int? {
        guard start + 1 < file.count else { return nil }
        if file[start + 1] == UInt8(ascii: "{") { return TemplateAction.end(of: start, in: file) }
        guard file[start + 1] == UInt8(ascii: "%") else { return nil }
        let part = UnsafeBufferPointer(rebasing: file[..<min(file.count, start + TemplateAction.limit)])
        var offset = start + 2
        while let percent = ByteSearch.first(UInt8(ascii: "%"), in: part, from: offset) {
            offset = percent + 1
            if part[offset...].first == UInt8(ascii: "}") { return offset + 1 }
        }
        return nil
    }

    private mutating func enter(_ action: Slice<UnsafeBufferPointer<UInt8>>, end: Int) {
        let words = action.split { " -+~\n".utf8.contains($0) }
        let innermost = places.last?.branch
        switch words.first.map({ String(decoding: $0, as: UTF8.self) }) {
        case "if", "with", "range", "for", "define", "block":
            let condition = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
            begin(Branch(condition: condition, number: 0, outer: innermost), at: end)
        case "else", "elif":
            guard let last = innermost.map({ branches[$0] }) else { return }
            begin(Branch(condition: last.condition, number: last.number + 1, outer: last.outer), at: end)
        case "end", "endif", "endfor":
            guard let innermost else { return }
            places.append((end, branches[innermost].outer))
        default: return
        }
    }

    private mutating func begin(_ branch: Branch, at place: Int) {
        branches.append(branch)
        places.append((place, branches.count - 1))
    }

    /// The numbers of the branches around a place, by their conditions.
    func numbers(at place: Int) -> [String: Int] {
        var numbers: [String: Int] = [:]
        var branch = innermost(at: place)
        for _ in 0..<Self.depthLimit {
            guard let number = branch else { break }
            numbers[branches[number].condition] = numbers[branches[number].condition] ?? branches[number].number
            branch = branches[number].outer
        }
        return numbers
    }

    private func innermost(at place: Int) -> Int? {
        var (low, high) = (0, places.count)
        while low + 1 < high {
            let middle = (low + high) / 2
            if places[middle].start <= place { low = middle } else { high = middle }
        }
        return places[low].branch
    }

    /// Whether two places may count together.
    static func areCompatible(_ one: [String: Int], _ other: [String: Int]) -> Bool {
        one.allSatisfy { condition, number in other[condition].map { $0 == number } ?? true }
    }
}
