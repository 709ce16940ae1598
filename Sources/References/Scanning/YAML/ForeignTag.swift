// SPDX-License-Identifier: Apache-2.0

extension YAMLDocument {
    /// The node behind a tag that is not YAML's own: the list of `!If [a, b]`. nil: the node has another tag or none.
    func tagged(_ tag: String, _ index: Index) -> Index? {
        let node = self[resolved(index)]
        guard node.kind == .foreign, node.first >= 0, has(tag, before: Int(node.start)) else { return nil }
        return node.first
    }

    private func has(_ tag: String, before start: Int) -> Bool {
        let front = bytes[..<start].suffix(256)
        let end = front.lastIndex { !TracedText.isBlank($0) && $0 != UInt8(ascii: "-") } ?? front.startIndex
        return front[...end].suffix(tag.utf8.count).elementsEqual(tag.utf8)
    }
}
