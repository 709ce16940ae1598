// SPDX-License-Identifier: Apache-2.0

/// An image in an OCI image layout on disk: `oci:FOLDER`, `oci:FOLDER:TAG` or `oci:FOLDER@DIGEST`.
package struct LayoutReference: Hashable, Sendable, CustomStringConvertible {
    package static let scheme = "oci:"

    package var folder: String
    /// The image's name in the layout's index (`org.opencontainers.image.ref.name`); nil if none was typed.
    package var tag: Tag?
    package var digest: Digest?
    package var asTyped: String

    /// Whether a text is meant as a layout reference.
    package static func isMeant(by text: String) -> Bool { text.hasPrefix(scheme) }

    /// The tag begins at the last colon that no slash follows, so a folder's name may contain colons if a tag or a slash
    /// follows them.
    ///
    /// - Throws: `ReferenceError.Reason` for a bad tag or digest, and for a missing folder.
    package init(parsing text: String) throws(ReferenceError.Reason) {
        asTyped = text
        var rest = text.dropFirst(Self.scheme.count)
        if let at = rest.lastIndex(of: "@") {
            do { digest = try Digest(rest[rest.index(after: at)...]) } catch { throw .digest(error) }
            rest = rest[..<at]
        } else if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            let name = rest[rest.index(after: colon)...]
            guard !name.isEmpty else { throw .missingTag(text) }
            tag = try Tag(name)
            rest = rest[..<colon]
        }
        guard !rest.isEmpty else { throw .missingRepository }
        folder = String(rest)
    }

    package var description: String { asTyped.displayable }
}
