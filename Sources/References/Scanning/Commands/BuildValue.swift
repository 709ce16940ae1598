// SPDX-License-Identifier: Apache-2.0

/// A named value that a build or a cluster gets.
struct BuildValue {
    let name: String
    let text: TracedText

    /// The image in the value. `docker-image://`, the name of the value or the form of the text shows that it is an
    /// image.
    var image: TracedText? {
        let scheme = "docker-image://"
        if text.bytes.starts(with: scheme.utf8) { return text[scheme.utf8.count..<text.count] }
        guard ImageText.reference(ofSetting: text.string) != nil else { return nil }
        return isBase || ImageName.isLikely(text.string) ? text : nil
    }

    /// The source of a context, `NAME=SOURCE`, as a value whose name says nothing: only its scheme shows that it is an
    /// image, and no folder.
    static func source(ofContext word: TracedText) -> TracedText? {
        ShellVariables.unquoted(word).cut(at: UInt8(ascii: "=")).map { TracedText(untraced: "=") + $0.after }
    }

    private var isBase: Bool {
        let upper = name.uppercased()
        return ["IMAGE", "IMG", "BASE", "FROM"].contains { upper.hasSuffix($0) || upper.hasPrefix($0 + "_") }
    }
}
