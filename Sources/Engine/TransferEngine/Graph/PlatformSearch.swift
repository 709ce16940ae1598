// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// Searches an index, and indexes inside it, for the image of one platform. It takes a manifest and returns the digest of
/// the manifest to read next.
package struct PlatformSearch: Sendable {
    private let choice: PlatformChoice
    private let name: String
    private let bounds: GraphBounds
    /// The depth of the next manifest; that of the first one is 1.
    private var depth = 1

    /// - Parameter name: the name of the first manifest, for the failure.
    package init(for platform: Platform, in name: String, bounds: GraphBounds = GraphBounds()) {
        choice = PlatformChoice(platform)
        self.name = name
        self.bounds = bounds
    }

    /// Takes the next manifest.
    ///
    /// - Returns: nil if this is the wanted manifest: it is not an index, or cannot be parsed as one.
    /// - Throws: if the index has no image for the platform, or indexes nest too deeply.
    package mutating func next(after content: ManifestContent) throws(ContentFailure) -> Digest? {
        guard let manifest = try? ParsedManifest(content), manifest.isIndex else { return nil }
        let child: Descriptor?
        do throws(ContentFailure) { child = try manifest.entries.wanted(by: choice, named: name).first } catch {
            // crane's commands, which use this search, do not list the platforms that exist.
            throw ContentFailure(error.kind, error.message)
        }
        depth += 1
        if let failure = bounds.failure(depth: depth, reached: 0) { throw failure }
        return child?.digest
    }
}
