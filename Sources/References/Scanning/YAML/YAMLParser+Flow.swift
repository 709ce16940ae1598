// SPDX-License-Identifier: Apache-2.0

extension YAMLParser {
    mutating func flowSequence() throws(YAMLError) -> Int32 {
        let sequence = append(YAMLNode(kind: .sequence, isFlow: true, start: offset(position), end: 0))
        try enterFlow()
        var last: Int32 = -1
        while !(try takeEnd(UInt8(ascii: "]"), of: sequence)) {
            link(try flowEntry(isInSequence: true).key, to: sequence, after: &last)
            try takeComma(before: UInt8(ascii: "]"))
        }
        return sequence
    }

    mutating func flowMapping() throws(YAMLError) -> Int32 {
        let mapping = append(YAMLNode(kind: .mapping, isFlow: true, start: offset(position), end: 0))
        try enterFlow()
        var last: Int32 = -1
        while !(try takeEnd(UInt8(ascii: "}"), of: mapping)) {
            let entry = try flowEntry(isInSequence: false)
            link(key: entry.key, to: mapping, after: &last)
            link(entry.value, to: mapping, after: &last)
            try takeComma(before: UInt8(ascii: "}"))
        }
        return mapping
    }

    private mutating func enterFlow() throws(YAMLError) {
        depth += 1
        guard depth <= Self.depthLimit else { throw error("nested more than \(Self.depthLimit) levels deep") }
        flowDepth += 1
        position += 1
    }

    /// Whether the collection ends here. If so, skips its bracket.
    private mutating func takeEnd(_ bracket: UInt8, of node: Int32) throws(YAMLError) -> Bool {
        try skipToContent()
        guard position < end else {
            throw YAMLError(message: "a bracket is not closed", offset: Int(nodes[Int(node)].start))
        }
        guard bytes[position] == bracket else { return false }
        position += 1
        flowDepth -= 1
        depth -= 1
        nodes[Int(node)].end = offset(position)
        return true
    }

    private mutating func takeComma(before bracket: UInt8) throws(YAMLError) {
        try skipToContent()
        guard position < end else { return }
        if bytes[position] == UInt8(ascii: ",") {
            position += 1
        } else if bytes[position] != bracket {
            throw error("expected a comma or the closing bracket")
        }
    }

    /// Reads an entry of a mapping or of a sequence. In a sequence, `key: value` is a mapping of one pair, which is
    /// returned as the key.
    private mutating func flowEntry(isInSequence: Bool) throws(YAMLError) -> (key: Int32, value: Int32) {
        let start = position
        let isExplicit = bytes[position] == UInt8(ascii: "?") && isBlank(at: position + 1)
        if isExplicit {
            position += 1
            try skipToContent()
        }
        let key = try flowNode()
        try skipToContent()
        guard position < end, bytes[position] == UInt8(ascii: ":") else {
            return (key, isInSequence ? -1 : emptyNode(at: position))
        }
        position += 1
        try skipToContent()
        let value = try flowNode()
        guard isInSequence else { return (key, value) }
        let pair = append(YAMLNode(kind: .mapping, isFlow: true, start: offset(start), end: offset(position)))
        var last: Int32 = -1
        link(key: key, to: pair, after: &last)
        link(value, to: pair, after: &last)
        return (pair, -1)
    }

    private mutating func flowNode() throws(YAMLError) -> Int32 {
        var properties = Properties()
        while let found = try self.properties() {
            properties.merge(found)
            try skipToContent()
        }
        guard position < end else { throw error("a bracket is not closed") }
        let byte = bytes[position]
        let isEmpty =
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
            || (byte == UInt8(ascii: ":") && (isBlank(at: position + 1) || Self.isFlowIndicator(bytes[position + 1])))
        return finish(isEmpty ? emptyNode(at: position) : try inlineNode(-1), properties)
    }
}
