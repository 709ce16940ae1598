// SPDX-License-Identifier: Apache-2.0

/// One node of a YAML document, stored as its place. Its meaning is read from the bytes when it is needed.
struct YAMLNode: Sendable {
    /// - foreign: a node with a tag that is not YAML's own: a pointer (`!reference`, `!Ref`), an instruction (`!reset`)
    ///   or encoded data (`!vault`). Only the reader of the tag knows the value.
    enum Kind: UInt8 { case scalar, sequence, mapping, alias, foreign }
    enum Style: UInt8 { case plain, singleQuoted, doubleQuoted, literal, folded }

    var kind: Kind
    var style = Style.plain
    var isFlow = false
    /// Whether a plain scalar goes over several lines.
    var isFolded = false
    /// Bytes of the source: a scalar with its quotes, a block scalar from its header on, an alias with its star.
    var start: Int32
    var end: Int32
    /// For collections, the first child; in mappings, keys and values alternate. For aliases, the node that is meant. For
    /// foreign nodes, the node without its tag. -1: none.
    var first: Int32 = -1
    /// The next child of the same collection.
    var next: Int32 = -1
    /// For block scalars: where the content begins, and by how much it is indented.
    var contentStart: Int32 = 0
    var contentIndent: Int32 = 0
    /// Where the node's line begins in the block structure: spaces before a mapping's keys or a sequence's dashes.
    var column: Int32 = 0
    /// For mappings, their keys. For a key of a mapping, the key itself.
    var keys = KeySet()

    /// The bytes between a scalar's quotes, or of all of a plain one.
    var contentRange: Range<Int> {
        switch style {
        case .plain: Int(start)..<Int(end)
        case .singleQuoted, .doubleQuoted: Int(start) + 1..<Int(end) - 1
        case .literal, .folded: Int(contentStart)..<max(Int(contentStart), Int(end))
        }
    }
}

/// The reason why bytes are not YAML.
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

    /// Nodes store their offsets in 32 bits, which halves the memory. Documents beyond this offset are not read.
    static let largestOffset = Int(Int32.max)

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Parses the document in `range`, which does not include the document's marker.
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

    /// The content of a node, as if it were a document of its own.
    func part(at index: Index) -> YAMLDocument {
        var part = self
        part.root = resolved(index)
        return part
    }

    /// What was parsed, without the bytes.
    var parsed: YAMLNodes { YAMLNodes(nodes: nodes, root: root) }
}

/// A parsed document that is kept for later, when its bytes may be at another address.
struct YAMLNodes: Sendable {
    fileprivate var nodes: ContiguousArray<YAMLNode> = []
    fileprivate var root: Int32 = -1

    /// - Parameter bytes: the bytes that were parsed.
    func document(of bytes: UnsafeBufferPointer<UInt8>) -> YAMLDocument {
        var document = YAMLDocument(bytes)
        (document.nodes, document.root) = (nodes, root)
        return document
    }
}
