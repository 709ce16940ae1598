// SPDX-License-Identifier: Apache-2.0

import OCI

/// The names by which a list of `images` finds images, and those of them that get another name or version.
struct SoughtNames: Sendable {
    private var all = ImageNames()
    private var replaced = ImageNames()

    init(_ replacements: [ImageReplacement] = []) {
        for replacement in replacements { insert(replacement) }
    }

    mutating func insert(_ replacement: ImageReplacement) {
        all.insert(replacement.name)
        if replacement.isReplaced { replaced.insert(replacement.name) }
    }

    func find(_ image: String) -> Bool { all.contains(image) }
    func replace(_ image: String) -> Bool { replaced.contains(image) }

    /// Marks what a patch sets, if the same list of `images` is applied after the patch.
    func marked(patched finding: Finding) -> Finding {
        guard finding.isOfContainer else { return finding }
        var marked = marked(value: finding)
        if marked.isSought, let image = finding.image { marked.isBuilt = finding.isBuilt || replace(image) }
        return marked
    }

    /// Marks a chart's value. The name should stay, but no file says whether the chart puts it into a container.
    func marked(value finding: Finding) -> Finding {
        var marked = finding
        if let image = finding.image, find(image) { marked.isSought = true }
        return marked
    }
}

/// Names and expressions for names. They are compared with the text of an image: kustomize does not know that
/// `nginx` and `docker.io/library/nginx` are one image (api/internal/image, IsImageMatched).
private struct ImageNames: Sendable {
    private var names: Set<String> = []
    private var patterns: Set<NamePattern> = []

    mutating func insert(_ name: NamePattern) {
        if name.isLiteral { names.insert(name.text) } else { patterns.insert(name) }
    }

    /// - Parameter image: an image as it is written. A name may include its version.
    func contains(_ image: String) -> Bool {
        let name = ReferenceBounds.name(of: image)
        return names.contains(name) || names.contains(image) || patterns.contains { $0.matches(name) }
    }
}

extension Finding {
    /// The image as it is written, even if something else decides its tag.
    package var image: String? { (named ?? self).reference?.asTyped }
}

extension ReferenceBounds {
    /// The name in a text without its tag and its digest; the text itself if it has no such form.
    static func name(of image: String) -> String {
        let bytes = Array(image.utf8)
        return ReferenceBounds(bytes).name.map { String(decoding: bytes[$0], as: UTF8.self) } ?? image
    }
}
