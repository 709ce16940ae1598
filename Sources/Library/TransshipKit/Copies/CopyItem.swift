// SPDX-License-Identifier: Apache-2.0

import OCI
import TransferEngine

/// An image to copy: the manifest at the source, with everything that it reaches, to the target.
///
/// If the source has a digest, the digest decides and its tag is ignored. A target with a tag gets the tag. A target with
/// only a digest must name the digest of the copied manifest.
///
/// ```swift
/// let item = try CopyItem(
///     from: ImageReference("redis:7"), to: ImageReference("registry.example/mirror/redis:7"))
/// ```
public struct CopyItem: Hashable, Sendable {
    /// Where the image is read from.
    public let source: ImageReference
    /// Where the image is written to.
    public let target: ImageReference
    /// If the source is an index, only its first child for this platform is copied, in place of the index. nil: the whole
    /// index is copied.
    public let platform: Platform?

    /// An image to copy.
    ///
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` for a target that its registry cannot have,
    ///   such as `docker.io/a/b/c`. No request is sent.
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

    /// With a platform, a digest beside the target's tag is ignored, because it is the digest of the index and only a child
    /// is copied.
    private var targetEndpoint: TransferEndpoint {
        var end = target.endpoint
        if platform != nil, end.tag != nil { end.digest = nil }
        return end
    }
}
