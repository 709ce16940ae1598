// SPDX-License-Identifier: Apache-2.0

extension YAMLDocument {
    subscript(index: Index) -> YAMLNode { nodes[Int(index)] }

    /// The target of an alias; for other nodes the node itself.
    func resolved(_ index: Index) -> Index {
        var index = index
        // Aliases point upwards only, so this ends.
        while self[index].kind == .alias { index = self[index].first }
        return index
    }

    func kind(_ index: Index) -> YAMLNode.Kind { self[resolved(index)].kind }

    // MARK: - Collections

    /// Keys and values of a mapping, or of the mapping that an alias means, as written. Merged entries are not
    /// included.
    func entries(_ index: Index) -> [(key: Index, value: Index)] {
        let mapping = self[resolved(index)]
        guard mapping.kind == .mapping else { return [] }
        var result: [(key: Index, value: Index)] = []
        result.reserveCapacity(count(of: mapping) / 2)
        var key = mapping.first
        while key >= 0 {
            let value = self[key].next
            guard value >= 0 else { break }
            result.append((key, value))
            key = self[value].next
        }
        return result
    }

    /// Keys and values of a mapping, and behind them those that `<<` merges in and that the mapping does not set itself.
    func allEntries(_ index: Index) -> [(key: Index, value: Index)] {
        var all = entries(index)
        guard all.contains(where: { isText($0.key, Self.mergeKey) }) else { return all }
        var names = Set(all.compactMap { string($0.key) })
        var (sources, position) = (merged(into: index), 0)
        var visited: Set<Index> = [resolved(index)]
        while position < sources.count, visited.count <= Self.mergeLimit {
            let source = sources[position]
            position += 1
            guard visited.insert(resolved(source)).inserted else { continue }
            all += entries(source).filter { entry in string(entry.key).map { names.insert($0).inserted } ?? true }
            // What a merged mapping merges itself comes before the next one of a list.
            sources.insert(contentsOf: merged(into: source), at: position)
        }
        return all.filter { !isText($0.key, Self.mergeKey) }
    }

    /// The mappings that `<<` merges into a mapping.
    private func merged(into index: Index) -> [Index] {
        entries(index).filter { isText($0.key, Self.mergeKey) }.flatMap { _, value in
            kind(value) == .sequence ? items(value) : [value]
        }
    }

    func items(_ index: Index) -> [Index] {
        let sequence = self[resolved(index)]
        guard sequence.kind == .sequence else { return [] }
        var result: [Index] = []
        result.reserveCapacity(count(of: sequence))
        var item = sequence.first
        while item >= 0 {
            result.append(item)
            item = self[item].next
        }
        return result
    }

    /// The number of children: keys and values, or items.
    private func count(of collection: YAMLNode) -> Int {
        var (count, child) = (0, collection.first)
        while child >= 0 { (count, child) = (count + 1, self[child].next) }
        return count
    }

    /// The value of a key, also one that `<<` merges in.
    func value(_ key: String, in index: Index) -> Index? {
        let found = ownValue(key, in: index)
        guard found.value == nil, found.merges else { return found.value }
        // Each mapping once: aliases may merge the same ones any number of times.
        var visited: Set<Index> = [resolved(index)]
        return mergedValue(key, in: index, &visited)
    }

    /// The value of a key in the mapping itself, and whether other mappings are merged into it.
    private func ownValue(_ key: String, in index: Index) -> (value: Index?, merges: Bool) {
        let mapping = self[resolved(index)]
        guard mapping.kind == .mapping else { return (nil, false) }
        return (lastValue(of: key, in: mapping), lastValue(of: Self.mergeKey, in: mapping) != nil)
    }

    /// If a key occurs twice, the last one counts.
    private func lastValue(of key: String, in mapping: YAMLNode) -> Index? {
        guard mapping.keys.mayHold(key) else { return nil }
        var found: Index?
        var name = mapping.first
        while name >= 0 {
            let value = self[name].next
            if isText(name, key) { found = value }
            name = self[value].next
        }
        return found
    }

    private static let mergeKey = "<<"

    private func mergedValue(_ key: String, in index: Index, _ visited: inout Set<Index>) -> Index? {
        for source in merged(into: index) {
            guard visited.insert(resolved(source)).inserted, visited.count <= Self.mergeLimit else { continue }
            let found = ownValue(key, in: source)
            if let value = found.value ?? (found.merges ? mergedValue(key, in: source, &visited) : nil) {
                return value
            }
        }
        return nil
    }

    /// The most mappings that are searched for one key. This also limits the depth of the recursion.
    private static let mergeLimit = 256

    /// Follows a path of keys through nested mappings.
    func value(at path: [String], in index: Index) -> Index? {
        var index = index
        for key in path {
            guard let next = value(key, in: index) else { return nil }
            index = next
        }
        return index
    }

    /// All values at a path of keys; lists on the way are entered.
    func values(at path: ArraySlice<String>, in index: Index) -> [Index] {
        if kind(index) == .sequence { return items(index).flatMap { values(at: path, in: $0) } }
        guard let key = path.first else { return [index] }
        return value(key, in: index).map { values(at: path.dropFirst(), in: $0) } ?? []
    }

    /// Whether a key of a mapping may be one of `words`. Most keys are none of them.
    func isKey(_ key: Index, maybeIn words: KeySet) -> Bool { self[key].keys.mayHold(oneOf: words) }

    // MARK: - Scalars

    /// Whether a scalar means exactly this text, which is one line.
    func isText(_ index: Index, _ text: String) -> Bool {
        let node = self[resolved(index)]
        guard node.kind == .scalar else { return false }
        guard let range = simpleRange(node) else { return string(index) == text }
        return range.count == text.utf8.count && stands(text, at: range.lowerBound)
    }

    @inline(__always)
    private func stands(_ text: String, at start: Int) -> Bool {
        var offset = start
        for byte in text.utf8 {
            if bytes[offset] != byte { return false }
            offset += 1
        }
        return true
    }

    /// The text of a scalar; nil for a collection.
    func string(_ index: Index) -> String? {
        let node = self[resolved(index)]
        guard node.kind == .scalar else { return nil }
        if let range = simpleRange(node) { return String(decoding: bytes[range], as: UTF8.self) }
        return text(index)?.string
    }

    /// Whether a plain scalar is a null value.
    func isNull(_ index: Index) -> Bool {
        let node = self[resolved(index)]
        guard node.kind == .scalar, node.style == .plain else { return false }
        return node.start == node.end || Self.nulls.contains { isText(index, $0) }
    }

    private static let nulls = ["~", "null", "Null", "NULL"]

    /// Whether a scalar is a block, or a quoted text with line breaks: a document or a script, and not a name.
    func isLines(_ index: Index) -> Bool { isBlock(index) || string(index)?.contains("\n") == true }

    func isBlock(_ index: Index) -> Bool {
        let style = self[resolved(index)].style
        return style == .literal || style == .folded
    }

    private func simpleRange(_ node: YAMLNode) -> Range<Int>? { Self.simpleRange(of: node, in: bytes) }

    /// The range of a scalar's content, if its bytes in the file are exactly its meaning.
    static func simpleRange(of node: YAMLNode, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        guard node.style != .literal, node.style != .folded else { return nil }
        let range = node.contentRange
        if node.style == .plain { return node.isFolded ? nil : range }
        for offset in range {
            switch bytes[offset] {
            case 10, 13: return nil
            case UInt8(ascii: "\\") where node.style == .doubleQuoted: return nil
            case UInt8(ascii: "'") where node.style == .singleQuoted: return nil
            default: continue
            }
        }
        return range
    }

    /// The text of a scalar, each byte with its place.
    func text(_ index: Index) -> TracedText? {
        let node = self[resolved(index)]
        guard node.kind == .scalar else { return nil }
        if let range = simpleRange(node) { return TracedText(bytes[range], origin: range.lowerBound) }
        var reader = YAMLScalarReader(bytes: bytes, node: node, range: node.contentRange)
        return reader.text()
    }
}
