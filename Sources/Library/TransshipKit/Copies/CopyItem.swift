// SPDX-License-Identifier: Apache-2.0

import OCI
import TransferEngine

/// One image to copy: the manifest at the source with everything it reaches, to the target.
///
/// A source with a digest is copied by it, whatever its tag names. A target with a tag gets the tag; a target with only a digest
/// must have the digest of what is copied.
///
/// ```swift
/// let item = try CopyItem(
///     from: ImageReference("redis:7"), to: ImageReference("registry.example/mirror/redis:7"))
/// ```
public struct CopyItem: Hashable, Sendable {
    /// Where the image is read.
    public let source: ImageReference
    /// Where the image is written.
    public let target: ImageReference
    /// Of an index, only the first child for this platform is copied, and takes the index's place; nil copies all of it.
    public let platform: Platform?

    /// An image to copy.
    ///
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` for a target that its registry cannot have, such
    ///   as `docker.io/a/b/c`: nothing needs to be asked to know it.
    public init(
        from source: ImageReference, to target: ImageReference, platform: Platform? = nil
    ) throws(TransshipError) {
        if let name = target.value.impossibleName {
            throw TransshipError(
                .invalid, "\"\(target)\" cannot be a target: \(name.reason)",
                hint: target.value.possible(name).map { "write \($0)" })
        }
        self.source = source
        self.target = target
        self.platform = platform
    }
}

extension CopyItem {
    var transferItem: TransferItem {
        TransferItem(
            source: source.endpoint, target: targetEndpoint, platforms: platform.map { PlatformChoice($0.value) })
    }

    var auditItem: AuditItem {
        AuditItem(source: source.endpoint, target: targetEndpoint, platforms: platform.map { PlatformChoice($0.value) })
    }

    /// With a platform, a target's digest beside its tag is that of the index, of which only a child arrives.
    private var targetEndpoint: TransferEndpoint {
        var end = target.endpoint
        if platform != nil, end.tag != nil { end.digest = nil }
        return end
    }
}
