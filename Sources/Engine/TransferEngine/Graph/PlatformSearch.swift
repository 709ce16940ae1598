// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Looks in an index, and in indexes inside it, for the image of one platform: a manifest goes in, and the digest of the one to
/// read next comes out.
package struct PlatformSearch: Sendable {
    private let choice: PlatformChoice
    private let name: String
    private let bounds: GraphBounds
    /// Of the manifest that is looked at next; that of the first one is 1.
    private var depth = 1

    /// - Parameter name: of the first manifest, for the failure.
    package init(for platform: Platform, in name: String, bounds: GraphBounds = GraphBounds()) {
        choice = PlatformChoice(platform)
        self.name = name
        self.bounds = bounds
    }

    /// Takes the next manifest.
    ///
    /// - Returns: nil where this is the one that is wanted: it is no index, or cannot be read as one.
    /// - Throws: where the index has no image for the platform, or indexes nest too deep.
    package mutating func next(after content: ManifestContent) throws(ContentFailure) -> Digest? {
        guard let manifest = try? ParsedManifest(content), manifest.isIndex else { return nil }
        let child: Descriptor?
        do throws(ContentFailure) { child = try manifest.children.wanted(by: choice, named: name).first } catch {
            // crane's commands, which search like this, do not tell the platforms that there are.
            throw ContentFailure(error.kind, error.message)
        }
        depth += 1
        if let failure = bounds.failure(depth: depth, reached: 0) { throw failure }
        return child?.digest
    }
}
