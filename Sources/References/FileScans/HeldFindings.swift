// SPDX-License-Identifier: Apache-2.0

package import Scanning

/// Findings that wait until all files were read, because a later file may say what is built or replaced. Each one is
/// stored as its text for output, in few bytes.
package struct HeldFindings {
    package struct Item {
        fileprivate let chunk: Int32
        fileprivate let start: Int32
        fileprivate let count: Int32
        fileprivate let use: Int32
        fileprivate let place: ContainerPlace
        fileprivate let file: Int32
        package let isOpen: Bool
        package let isGuess: Bool
        package let isOffence: Bool
        fileprivate let isBuilt: Bool
    }

    package private(set) var items: [Item] = []
    /// Places of findings without a value. Another way of reading the file may find the value.
    private var openPlaces: [Place: Int] = [:]
    /// Places of findings in a chart's values. A template may give these another meaning.
    private var valuePlaces: [Place: [Int]] = [:]
    /// Items that a later finding showed to be wrong.
    package private(set) var superseded: Set<Int> = []

    private struct Place: Hashable {
        let file: Int32
        let offset: Int
    }

    private var chunks: [[UInt8]] = [[]]
    private var uses = NumberedValues<ProductUse>()
    private var files = NumberedValues<String>()

    /// Large enough to need few chunks, and small enough that the unused rest of the last one does not matter.
    private static let chunkSize = 1 << 16

    package init() {}

    /// - Parameter text: the output for the finding.
    package mutating func add(_ found: LocatedFinding, as text: String, isOffence: Bool) {
        let bytes = Array(text.utf8)
        if chunks[chunks.count - 1].count + bytes.count > Self.chunkSize, !chunks[chunks.count - 1].isEmpty {
            chunks.append([])
        }
        let chunk = chunks.count - 1
        let finding = found.finding
        notePlace(finding, in: files.number(of: found.file))
        items.append(
            Item(
                chunk: Int32(chunk), start: Int32(chunks[chunk].count), count: Int32(bytes.count),
                use: uses.number(of: ProductUse(finding)), place: ContainerPlace(finding),
                file: files.number(of: found.file),
                isOpen: finding.unresolved != nil, isGuess: finding.isGuess, isOffence: isOffence,
                isBuilt: finding.isBuilt))
        chunks[chunk] += bytes
    }

    private mutating func notePlace(_ finding: Finding, in file: Int32) {
        let place = Place(file: file, offset: finding.range.lowerBound)
        if finding.kind == .helmValues { valuePlaces[place, default: []].append(items.count) }
        if finding.unresolved != nil {
            openPlaces[place] = items.count
        } else if !openPlaces.isEmpty, let open = openPlaces[place] {
            superseded.insert(open)
        }
    }

    /// Withdraws findings in a chart's values that turned out to be wrong.
    package mutating func withdraw(_ finding: Finding, in file: String) {
        let place = Place(file: files.number(of: file), offset: finding.range.lowerBound)
        let use = uses.number(of: ProductUse(finding))
        superseded.formUnion((valuePlaces[place] ?? []).filter { items[$0].use == use })
    }

    package func text(of item: Item) -> String {
        let start = Int(item.start)
        return String(decoding: chunks[Int(item.chunk)][start..<start + Int(item.count)], as: UTF8.self)
    }

    package func isMade(_ item: Item, by made: MadeImages) -> Bool {
        item.isBuilt || made.holds(uses[item.use], at: item.place, in: files[item.file])
    }
}

/// Values that occur often, each kept once.
struct NumberedValues<Value: Hashable> {
    private var numbers: [Value: Int32] = [:]
    private var values: [Value] = []

    mutating func number(of value: Value) -> Int32 {
        if let number = numbers[value] { return number }
        let number = Int32(truncatingIfNeeded: values.count)
        numbers[value] = number
        values.append(value)
        return number
    }

    subscript(number: Int32) -> Value { values[Int(number)] }
}
