// SPDX-License-Identifier: Apache-2.0

/// One node of a YAML document, by its place: what it means is read from the bytes when it is asked for.
struct YAMLNode: Sendable {
    /// - foreign: whatever stands behind a tag that is not YAML's own: a pointer (`!reference`, `!Ref`), an instruction
    ///   (`!reset`) or something in a code (`!vault`), whose reader knows what comes of it. It has no content here.
    enum Kind: UInt8 { case scalar, sequence, mapping, alias, foreign }
    enum Style: UInt8 { case plain, singleQuoted, doubleQuoted, literal, folded }

    var kind: Kind
    var style = Style.plain
    var isFlow = false
    /// Bytes of the source: a scalar with its quotes, a block scalar from its header on, an alias with its star.
    var start: Int32
    var end: Int32
    /// For collections the first child, keys and values in turn for mappings; for aliases the node meant. -1: none.
    var first: Int32 = -1
    /// The next child of the same collection.
    var next: Int32 = -1
    /// For block scalars: where the content begins, and by how much it is indented.
    var contentStart: Int32 = 0
    var contentIndent: Int32 = 0
    /// Where the node's line begins in the block structure: spaces before a mapping's keys or a sequence's dashes.
    var column: Int32 = 0
}

/// Why bytes are no YAML.
struct YAMLError: Error {
    let message: String
    let offset: Int
}

/// The nodes of one document.
struct YAMLDocument {
    /// The file's bytes.
    let bytes: UnsafeBufferPointer<UInt8>
    fileprivate(set) var nodes: ContiguousArray<YAMLNode> = []
    fileprivate(set) var root: Int32 = -1

    typealias Index = Int32

    /// Nodes keep their offsets in 32 bits: half the memory for files that are all smaller.
    static let largestOffset = Int(Int32.max)

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Parses the document that stands in `range`, without its marker.
    mutating func parse(_ range: Range<Int>) throws(YAMLError) {
        nodes.removeAll(keepingCapacity: true)
        root = -1
        guard range.upperBound <= Self.largestOffset else {
            throw YAMLError(
                message: "it ends beyond the first 2 GiB of its file, which are all that is read", offset: 0)
        }
        var parser = YAMLParser(bytes, range, reusing: nodes)
        nodes = []
        let result: Result<Int32, YAMLError>
        do throws(YAMLError) { result = .success(try parser.document()) } catch { result = .failure(error) }
        nodes = parser.nodes
        root = try result.get()
    }

    /// What stands below a node, as if it were a document of its own.
    func part(at index: Index) -> YAMLDocument {
        var part = self
        part.root = resolved(index)
        return part
    }

    /// What was parsed, without the bytes.
    var parsed: YAMLNodes { YAMLNodes(nodes: nodes, root: root) }
}

/// A parsed document that is kept for later, when its bytes may stand elsewhere.
struct YAMLNodes: Sendable {
    fileprivate var nodes: ContiguousArray<YAMLNode> = []
    fileprivate var root: Int32 = -1

    /// - Parameter bytes: those that were parsed.
    func document(of bytes: UnsafeBufferPointer<UInt8>) -> YAMLDocument {
        var document = YAMLDocument(bytes)
        (document.nodes, document.root) = (nodes, root)
        return document
    }
}
