// SPDX-License-Identifier: Apache-2.0

/// Decides by the bytes of a resource whether a setting or a text in it can hold an image. Most resources name images
/// only as `image: NAME`, and then a second walk through them finds nothing.
struct SettingFilter {
    /// A view of a document that is not empty.
    let view: YAMLView

    /// Words without "image" that lead to images.
    private static let quiet =
        (["ConfigMap", "stringData", "\\"]
        + PublishedRules.arguments.union(PublishedRules.annotations.keys).filter { !$0.contains("mage") }.sorted())
        .map { SearchWord($0) }

    func mayHoldSettings() -> Bool {
        let root = view.document[view.root]
        // Any other root may be a patch.
        guard root.kind == .mapping else { return true }
        let range = Int(root.start)..<Int(root.end)
        let bytes = view.document.bytes
        return mentionsImages(in: UnsafeBufferPointer(rebasing: bytes[range]))
            || Self.quiet.contains { ByteSearch.contains($0, in: bytes, range) }
            || view.document.nodes.contains(where: mayBeText)
    }

    /// Whether the word image, in any case, is anywhere but in the keys `image`, `imagePullPolicy` and
    /// `imagePullSecrets`.
    private func mentionsImages(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        // The letter g is the rarest of the word.
        "gG".utf8.contains { letter in
            var offset = 0
            while let place = ByteSearch.first(letter, in: bytes, from: offset) {
                offset = place + 1
                let word = max(place - 3, 0)..<min(place + 2, bytes.count)
                if ImageText.mentionsImage(bytes: bytes[word]), !isPlainKey(bytes, at: word.lowerBound) { return true }
            }
            return false
        }
    }

    private static let rests = ["image", "imagePullPolicy", "imagePullSecrets"].map { Array($0.utf8) }
    private static let fronts = Set(" \t\r\n{,\"'".utf8)

    private func isPlainKey(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        guard start == 0 || Self.fronts.contains(bytes[start - 1]) else { return false }
        return Self.rests.contains { key in
            guard bytes[start...].starts(with: key) else { return false }
            let rest = bytes[(start + key.count)...]
            let end = rest.first.map { "\"'".utf8.contains($0) } == true ? rest.dropFirst() : rest
            return end.first == UInt8(ascii: ":")
                && end.dropFirst().first.map(TracedText.isBlank) ?? true
        }
    }

    /// Whether a node is a text that may hold a resource or commands, or the key of one.
    private func mayBeText(_ node: YAMLNode) -> Bool {
        guard node.kind == .scalar else { return false }
        switch node.style {
        case .literal, .folded: return true
        case .singleQuoted, .doubleQuoted:
            return node.end - node.start > ResourceSettingScanner.shortestManifest || isTextKey(node)
        case .plain: return isTextKey(node)
        }
    }

    private static let textKeys = KeySet(ResourceSettingScanner.texts)

    private func isTextKey(_ node: YAMLNode) -> Bool { node.keys.mayHold(oneOf: Self.textKeys) }
}
