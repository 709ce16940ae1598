// SPDX-License-Identifier: Apache-2.0

/// Parses one YAML document (https://yaml.org/spec/1.2.2) into nodes that know their bytes.
///
/// This is our own parser, because edits need the exact byte range of every scalar, and libyaml counts characters.
/// Also, reading half a gigabyte of manifests must not take longer than searching it. The parser accepts what libyaml
/// and its ports in Go accept, because these decide what Kubernetes, Compose and Helm read. It is less strict than they
/// are if finding a scalar does not need it.
struct YAMLParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let end: Int
    var position: Int
    var lineStart: Int
    var nodes: ContiguousArray<YAMLNode>
    private var anchors: [[UInt8]: Int32] = [:]
    var depth = 0

    /// The deepest nesting. A recursion of this depth fits the stack of every thread.
    static let depthLimit = 200

    init(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, reusing nodes: ContiguousArray<YAMLNode> = []
    ) {
        self.bytes = bytes
        end = range.upperBound
        position = range.lowerBound
        lineStart = range.lowerBound
        self.nodes = nodes
        // An array that is too long is cheaper than moving its contents again and again.
        self.nodes.reserveCapacity(range.count / 24)
        // After `---` the first line continues behind the marker, so it starts before `range`.
        while lineStart > 0, bytes[lineStart - 1] != 10, bytes[lineStart - 1] != 13 { lineStart -= 1 }
        if lineStart == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { lineStart = min(3, range.lowerBound) }
    }

    /// - Returns: the root; -1 for an empty document.
    mutating func document() throws(YAMLError) -> Int32 {
        try skipToContent()
        guard position < end else { return -1 }
        let root = try blockNode(parentIndent: -1, at: .line)
        try skipToContent()
        guard position >= end else { throw error("unexpected text after the document's end") }
        return root
    }

    // MARK: - Block structure

    /// What may begin where a node is expected.
    enum Place {
        /// At the start of a line, or after a dash: a collection may begin.
        case line
        /// After a key's colon on the same line: no block collection without a line break.
        case afterColon
    }

    /// Reads the node at `position`.
    mutating func blockNode(parentIndent: Int, at place: Place) throws(YAMLError) -> Int32 {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw error("nested more than \(Self.depthLimit) levels deep") }
        let startColumn = column
        var properties = Properties()
        while let found = try self.properties() {
            properties.merge(found)
            let line = lineStart
            try skipToContent()
            guard lineStart != line else { continue }
            // A property on a line of its own belongs to the node below it, if that is indented further.
            guard column > parentIndent || (isDash && column == parentIndent), position < end else {
                return finish(emptyNode(at: properties.end), properties)
            }
            return finish(try blockNode(parentIndent: parentIndent, at: .line), properties)
        }
        return try blockContent(
            properties, parentIndent: parentIndent, startColumn: startColumn, at: place)
    }

    /// - Parameter properties: the properties on the same line. If the node is a key, they belong to the key.
    private mutating func blockContent(
        _ properties: Properties, parentIndent: Int, startColumn: Int, at place: Place
    ) throws(YAMLError) -> Int32 {
        guard position < end else { return finish(emptyNode(at: position), properties) }
        let byte = bytes[position]
        if byte == UInt8(ascii: "-"), isBlank(at: position + 1) {
            guard place == .line else { throw error("a list may not begin on its key's line") }
            return finish(try blockSequence(column), properties)
        }
        if byte == UInt8(ascii: "?"), isBlank(at: position + 1), place == .line {
            return finish(try blockMapping(column, firstKey: nil), properties)
        }
        if byte == UInt8(ascii: ":"), isBlank(at: position + 1), place == .line {
            return try blockMapping(startColumn, firstKey: finish(emptyNode(at: position), properties))
        }
        if byte == UInt8(ascii: "|") || byte == UInt8(ascii: ">") {
            return finish(try blockScalar(parentIndent), properties)
        }
        let line = lineStart
        let node = try inlineNode(parentIndent)
        guard lineStart == line else { return finish(node, properties) }
        let contentEnd = position
        skipBlanks()
        guard position < end, bytes[position] == UInt8(ascii: ":"), isBlank(at: position + 1) else {
            position = contentEnd
            return finish(node, properties)
        }
        guard place == .line else { throw error("a key may not stand here: its mapping would begin inside a line") }
        return try blockMapping(startColumn, firstKey: finish(node, properties))
    }

    private mutating func blockSequence(_ indent: Int) throws(YAMLError) -> Int32 {
        let sequence = append(YAMLNode(kind: .sequence, start: offset(position), end: 0, column: Int32(indent)))
        var last: Int32 = -1
        while position < end, column == indent, isDash {
            position += 1
            let line = lineStart
            try skipToContent()
            let item: Int32
            if position < end, lineStart == line || column > indent {
                item = try blockNode(parentIndent: indent, at: .line)
            } else {
                item = emptyNode(at: position)
            }
            link(item, to: sequence, after: &last)
            try skipToContent()
        }
        try checkIndent(indent)
        nodes[Int(sequence)].end = offset(position)
        return sequence
    }

    /// - Parameter firstKey: the first key, which was already read; `position` is at its colon. nil: the first entry
    ///   begins with `?`.
    private mutating func blockMapping(_ indent: Int, firstKey: Int32?) throws(YAMLError) -> Int32 {
        let start = firstKey.map { nodes[Int($0)].start } ?? offset(position)
        let mapping = append(YAMLNode(kind: .mapping, start: start, end: 0, column: Int32(indent)))
        var last: Int32 = -1
        var key = firstKey
        repeat {
            if let key {
                link(key: key, to: mapping, after: &last)
                link(try mappingValue(indent), to: mapping, after: &last)
            } else {
                try explicitEntry(indent, of: mapping, after: &last)
            }
            try skipToContent()
            guard position < end, column == indent else { break }
            key = try mappingKey(indent)
        } while true
        try checkIndent(indent)
        nodes[Int(mapping)].end = offset(position)
        return mapping
    }

    /// Reads a key up to its colon. nil: the entry begins with `?`.
    private mutating func mappingKey(_ indent: Int) throws(YAMLError) -> Int32? {
        if bytes[position] == UInt8(ascii: "?"), isBlank(at: position + 1) { return nil }
        if isDash { throw error("a list item may not stand among keys") }
        let line = lineStart
        var properties = Properties()
        while let found = try self.properties() {
            properties.merge(found)
            skipBlanks()
        }
        let isEmptyKey = position < end && bytes[position] == UInt8(ascii: ":") && isBlank(at: position + 1)
        let key = isEmptyKey ? emptyNode(at: position) : try inlineNode(indent)
        skipBlanks()
        guard lineStart == line, position < end, bytes[position] == UInt8(ascii: ":"), isBlank(at: position + 1) else {
            throw YAMLError(message: "expected a key with a colon", offset: Int(nodes[Int(key)].start))
        }
        return finish(key, properties)
    }

    /// `? key`, with or without `: value` on a later line.
    private mutating func explicitEntry(
        _ indent: Int, of mapping: Int32, after last: inout Int32
    ) throws(YAMLError) {
        position += 1
        link(key: try explicitPart(indent), to: mapping, after: &last)
        try skipToContent()
        if position < end, column == indent, bytes[position] == UInt8(ascii: ":"), isBlank(at: position + 1) {
            position += 1
            link(try explicitPart(indent), to: mapping, after: &last)
        } else {
            link(emptyNode(at: position), to: mapping, after: &last)
        }
    }

    private mutating func explicitPart(_ indent: Int) throws(YAMLError) -> Int32 {
        let line = lineStart
        try skipToContent()
        guard position < end, lineStart == line || column > indent || (isDash && column == indent) else {
            return emptyNode(at: position)
        }
        return try blockNode(parentIndent: indent, at: .line)
    }

    /// Reads the value after a key's colon, which is at `position`.
    private mutating func mappingValue(_ indent: Int) throws(YAMLError) -> Int32 {
        position += 1
        let afterColon = position
        let line = lineStart
        try skipToContent()
        guard position < end else { return emptyNode(at: afterColon) }
        if lineStart == line { return try blockNode(parentIndent: indent, at: .afterColon) }
        // A list may have the same indentation as its key.
        guard column > indent || (column == indent && isDash) else { return emptyNode(at: afterColon) }
        return try blockNode(parentIndent: indent, at: .line)
    }

    private func checkIndent(_ indent: Int) throws(YAMLError) {
        guard position >= end || column <= indent else {
            throw error("this line is indented further than the entries above it")
        }
    }

    // MARK: - Properties

    /// Anchor and tag of a node.
    struct Properties {
        var anchor: Range<Int>?
        var isForeign = false
        var end = 0

        mutating func merge(_ other: Properties) {
            anchor = other.anchor ?? anchor
            isForeign = isForeign || other.isForeign
            end = other.end
        }
    }

    /// Reads one anchor or tag. nil: there is none here.
    mutating func properties() throws(YAMLError) -> Properties? {
        guard position < end else { return nil }
        let byte = bytes[position]
        guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "!") else { return nil }
        let start = position + 1
        if byte == UInt8(ascii: "!"), start < end, bytes[start] == UInt8(ascii: "<") {
            while position < end, bytes[position] != UInt8(ascii: ">"), !isBreak(bytes[position]) { position += 1 }
        }
        while position < end, !isBlank(at: position), !(isInFlow && Self.isFlowIndicator(bytes[position])) {
            position += 1
        }
        if byte == UInt8(ascii: "&"), position == start { throw error("an anchor without a name") }
        if byte == UInt8(ascii: "&") { return Properties(anchor: start..<position, end: position) }
        return Properties(isForeign: !Self.isUnderstood(bytes[start..<position]), end: position)
    }

    /// Whether a tag, without its first `!`, keeps the meaning of its node. YAML's own tags do (YAML 1.2.2 §10), and so
    /// does Compose's `!override`, whose value replaces another one ("Merge Compose files").
    private static func isUnderstood(_ tag: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        tag.isEmpty || tag.first == UInt8(ascii: "!") || tag.starts(with: "<tag:yaml.org,2002:".utf8)
            || tag.elementsEqual("override".utf8)
    }

    mutating func finish(_ node: Int32, _ properties: Properties) -> Int32 {
        var node = node
        if properties.isForeign {
            let tagged = nodes[Int(node)]
            node = append(YAMLNode(kind: .foreign, start: tagged.start, end: tagged.end, first: node))
        }
        if let anchor = properties.anchor { anchors[Array(bytes[anchor])] = node }
        return node
    }

    func node(anchored name: Range<Int>) -> Int32? { anchors.isEmpty ? nil : anchors[Array(bytes[name])] }

    // MARK: - Nodes

    /// The number of open flow collections.
    var flowDepth = 0
    var isInFlow: Bool { flowDepth > 0 }

    mutating func append(_ node: YAMLNode) -> Int32 {
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    mutating func emptyNode(at offset: Int) -> Int32 {
        append(YAMLNode(kind: .scalar, start: Int32(offset), end: Int32(offset)))
    }

    mutating func link(_ child: Int32, to parent: Int32, after last: inout Int32) {
        if last < 0 { nodes[Int(parent)].first = child } else { nodes[Int(last)].next = child }
        last = child
    }

    func offset(_ position: Int) -> Int32 { Int32(position) }
    func error(_ message: String) -> YAMLError { YAMLError(message: message, offset: min(position, end)) }
}
