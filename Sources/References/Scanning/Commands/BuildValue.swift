// SPDX-License-Identifier: Apache-2.0

/// A value that a build or a cluster is given by a name.
struct BuildValue {
    let name: String
    let text: TracedText

    /// The image that it is: behind `docker-image://`, or by its name, or by its looks.
    var image: TracedText? {
        let scheme = "docker-image://"
        if text.bytes.starts(with: scheme.utf8) { return text[scheme.utf8.count..<text.count] }
        guard ImageText.reference(ofSetting: text.string) != nil else { return nil }
        return isBase || ImageName.isLikely(text.string) ? text : nil
    }

    private var isBase: Bool {
        let upper = name.uppercased()
        return ["IMAGE", "IMG", "BASE", "FROM"].contains { upper.hasSuffix($0) || upper.hasPrefix($0 + "_") }
    }
}
