// SPDX-License-Identifier: Apache-2.0

package import OCI

/// The compression of a layer's archive, by its media type.
package enum LayerFormat: Hashable, Sendable {
    case tar
    case gzip
    case zstd
    /// Encrypted by ocicrypt. It cannot be inspected without the key.
    case encrypted

    /// nil for what is not a layer: configs, attestations, charts, modules.
    package init?(_ mediaType: MediaType) {
        guard let rest = Self.families.lazy.compactMap({ mediaType.essence.removing(prefix: $0) }).first else {
            return nil
        }
        switch rest {
        case "": self = .tar
        case "+gzip", ".gzip": self = .gzip
        case "+zstd", ".zstd": self = .zstd
        case _ where rest.hasSuffix("+encrypted"): self = .encrypted
        default: return nil
        }
    }

    /// nil if it cannot be inspected.
    var packing: LayerPacking? {
        switch self {
        case .tar: .tar
        case .gzip: .gzip
        case .zstd: .zstd
        case .encrypted: nil
        }
    }

    /// OCI image-spec, layer.md, and the Docker dialect, both also for layers that are not distributed.
    private static let families = [
        "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar", "application/vnd.docker.image.rootfs.foreign.diff.tar",
    ]
}

extension String {
    fileprivate func removing(prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
