// SPDX-License-Identifier: Apache-2.0

package import Scanning

/// Findings that wait until all files were read, because a later file may say what is built or replaced. Each one is
/// stored as its text for output, in few bytes.
package struct HeldFindings: Sequence {
    package struct Item {
        package let file: String
        package var isOpen: Bool { traits.contains(.isOpen) }
        package var isGuess: Bool { traits.contains(.isGuess) }
        package var isOffence: Bool { traits.contains(.isOffence) }
        /// A later finding showed that this one is wrong.
        package fileprivate(set) var isSuperseded = false
        fileprivate let traits: Traits
        fileprivate let use: Int
        fileprivate let offset: Int
        fileprivate let place: ContainerPlace
        private let bytes: ArraySlice<UInt8>

        /// The output for the finding.
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    fileprivate struct Traits: OptionSet {
        let rawValue: UInt8

        static let isOpen = Traits(rawValue: 1)
        static let isGuess = Traits(rawValue: 2)
        static let isOffence = Traits(rawValue: 4)
        static let isBuilt = Traits(rawValue: 8)
        /// In a chart's values. A template may give these another meaning.
        static let isValue = Traits(rawValue: 16)
        /// The finding's resource or container has a name. The place follows.
        static let hasPlace = Traits(rawValue: 32)
        /// The name of the file follows. Findings without it are in the same file as the one before.
        static let beginsFile = Traits(rawValue: 64)
    }

    private var records = PackedBytes()
    private var count = 0
    private var file: String?
    private var uses = UseTable()
    /// For each file the places of findings without a value. Another way of reading the file may find the value.
    private var openPlaces: [String: [Int: Int]] = [:]
    private var superseded: Set<Int> = []
    /// For each place what is withdrawn there: the findings before this number.
    private var withdrawn: [Withdrawal: Int] = [:]

    private struct Withdrawal: Hashable {
        let file: String
        let offset: Int
        let use: Int
    }

    package init() {}

    /// - Parameter text: the output for the finding.
    package mutating func add(_ found: LocatedFinding, as text: String, isOffence: Bool) {
        let finding = found.finding
        noteOpen(finding, in: found.file)
        let use = uses.number(of: finding)
        let place = ContainerPlace(finding)
        let traits = traits(of: found, isOffence: isOffence)
        records.append { record in
            record.append(traits.rawValue)
            if traits.contains(.beginsFile) { record.append(text: found.file) }
            record.append(number: use)
            record.append(number: finding.range.lowerBound)
            if traits.contains(.hasPlace) { Swift.withUnsafeBytes(of: place.bits) { record.append(contentsOf: $0) } }
            record.append(text: text)
        }
        file = found.file
        count += 1
    }

    private func traits(of found: LocatedFinding, isOffence: Bool) -> Traits {
        let finding = found.finding
        var traits: Traits = isOffence ? .isOffence : []
        if finding.unresolved != nil { traits.insert(.isOpen) }
        if finding.isGuess { traits.insert(.isGuess) }
        if finding.isBuilt { traits.insert(.isBuilt) }
        if finding.kind == .helmValues { traits.insert(.isValue) }
        if finding.owner?.name != nil || finding.container != nil { traits.insert(.hasPlace) }
        if found.file != file { traits.insert(.beginsFile) }
        return traits
    }

    private mutating func noteOpen(_ finding: Finding, in file: String) {
        let offset = finding.range.lowerBound
        if finding.unresolved != nil {
            openPlaces[file, default: [:]][offset] = count
        } else if !openPlaces.isEmpty, let open = openPlaces[file]?[offset] {
            superseded.insert(open)
        }
    }

    /// Withdraws findings in a chart's values that turned out to be wrong.
    package mutating func withdraw(_ finding: Finding, in file: String) {
        let place = Withdrawal(file: file, offset: finding.range.lowerBound, use: uses.number(of: finding))
        withdrawn[place] = count
    }

    package func isMade(_ item: Item, by made: MadeImages) -> Bool {
        item.traits.contains(.isBuilt) || made.holds(uses[item.use], at: item.place, in: item.file)
    }

    // MARK: - Reading

    /// All findings in the order in which they were added.
    package func makeIterator() -> AnyIterator<Item> {
        var (blocks, number) = (records.makeIterator(), 0)
        var rest: ArraySlice<UInt8> = []
        var file = ""
        return AnyIterator {
            while rest.isEmpty {
                guard let block = blocks.next() else { return nil }
                rest = block[...]
            }
            var item = Item(from: &rest, after: file)
            item.isSuperseded = isSuperseded(item, number: number)
            file = item.file
            number += 1
            return item
        }
    }

    private func isSuperseded(_ item: Item, number: Int) -> Bool {
        if superseded.contains(number) { return true }
        guard item.traits.contains(.isValue), !withdrawn.isEmpty else { return false }
        let end = withdrawn[Withdrawal(file: item.file, offset: item.offset, use: item.use)]
        return end.map { number < $0 } ?? false
    }
}

extension HeldFindings.Item {
    /// Reads what `add` wrote.
    fileprivate init(from record: inout ArraySlice<UInt8>, after file: String) {
        traits = HeldFindings.Traits(rawValue: record.removeFirst())
        self.file = traits.contains(.beginsFile) ? String(decoding: record.takeText(), as: UTF8.self) : file
        use = record.takeNumber()
        offset = record.takeNumber()
        place = traits.contains(.hasPlace) ? ContainerPlace(bits: record.takeBits()) : .unnamed
        bytes = record.takeText()
    }
}

/// The uses of images, each one once: few are different.
private struct UseTable {
    /// What decides a use. It is compared as it stands, because deriving the use takes longer.
    private struct Source: Hashable {
        let text: String
        let meaning: Finding.Meaning
        let kind: FindingKind
        let resource: String?
        let isOfContainer: Bool
        let mayNameContainer: Bool
        let isNeverPulled: Bool

        init(_ finding: Finding) {
            text = finding.text
            meaning = finding.meaning
            kind = finding.kind
            resource = finding.owner?.kind
            isOfContainer = finding.isOfContainer
            mayNameContainer = finding.mayNameContainer
            isNeverPulled = finding.isNeverPulled
        }
    }

    private var numbers: [Source: Int] = [:]
    private var uses: [ProductUse] = []

    mutating func number(of finding: Finding) -> Int {
        let source = Source(finding)
        if let number = numbers[source] { return number }
        numbers[source] = uses.count
        uses.append(ProductUse(finding))
        return uses.count - 1
    }

    subscript(number: Int) -> ProductUse { uses[number] }
}
