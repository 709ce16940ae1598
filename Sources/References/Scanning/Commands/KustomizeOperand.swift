// SPDX-License-Identifier: Apache-2.0

/// An operand of `kustomize edit set image`: `NAME=IMAGE`, or `NAME:TAG` and `NAME@DIGEST`, which set only the version of
/// the image NAME (kubernetes-sigs/kustomize, commands/edit/set, setimage.go). An asterisk stands for what the
/// kustomization says already.
struct KustomizeOperand {
    let word: TracedText
    /// The place of the last byte of the word before it.
    let previousEnd: Int
    /// The folder in which the command runs.
    let folder: String

    private var pair: (before: TracedText, after: TracedText)? {
        ShellVariables.unquoted(word).cut(at: UInt8(ascii: "="))
    }

    /// The name by which the kustomization finds images. It may have a version behind it.
    var name: TracedText { pair?.before ?? ShellVariables.unquoted(word) }
    /// The image that takes their place.
    var image: TracedText { pair?.after ?? word }
    /// Whether the image has the name by which it is found.
    var keepsName: Bool { pair == nil }
}

extension ShellImageFinder {
    private static let kept = UInt8(ascii: "*")

    mutating func find(_ operand: KustomizeOperand) {
        let image = operand.image
        guard !isProduct(image) else { return }
        let position = found.findings.count
        add(image, of: operand)
        let isHere = operand.keepsName && isWritten(operand)
        found.change(from: position) { finding in
            finding.isBuilt = finding.image.map(ProductName.isPlaceholder) ?? false
            if isHere { finding.writeBehindName(of: image) }
        }
    }

    private mutating func add(_ image: TracedText, of operand: KustomizeOperand) {
        guard let text = variables.value(of: image) else { return add(image, written: nil) }
        let bounds = ReferenceBounds(text.bytes)
        guard let name = bounds.name.map({ text[$0] }) else { return }
        if name.bytes.first == Self.kept {
            return found.add(open: "newName", written: ShellVariables.unquoted(image), parts: [])
        }
        if bounds.hasVersion, text.bytes.last != Self.kept { return add(image, written: nil) }
        // kustomize refuses a name alone.
        guard bounds.hasVersion || !operand.keepsName else { return }
        found.add(open: "newTag", written: ShellVariables.unquoted(image), parts: OpenTag.parts(ofName: name))
    }

    /// Whether the operand is in the command itself: only blanks and quotes are between it and the word before it. The
    /// elements of a list and the values of make's variables are elsewhere.
    private func isWritten(_ operand: KustomizeOperand) -> Bool {
        let start = operand.name.origins.first ?? TracedText.nowhere
        guard let file, operand.previousEnd >= 0, operand.previousEnd < start, start < file.count else { return false }
        return file[(operand.previousEnd + 1)..<start].allSatisfy(" \t\r\n\\\"',".utf8.contains)
    }
}

extension Finding {
    /// Lets a new name go behind the name in a text by which the image is found.
    fileprivate mutating func writeBehindName(of text: TracedText) {
        let text = ShellVariables.unquoted(text)
        guard let name = OpenTag.parts(of: text).first else {
            let parts = ReferencePart.parts(behindNameOf: text)
            if !parts.isEmpty, !text.bytes.contains(UInt8(ascii: "$")) { self.parts = parts }
            return
        }
        parts = parts.map { $0.range == name.range ? $0.behindName : $0 }
    }
}
