// SPDX-License-Identifier: Apache-2.0

import OCI

/// The family of media types in which a manifest is written.
package enum Dialect: Sendable {
    case oci
    case docker

    var manifest: MediaType { self == .oci ? .ociManifest : .dockerManifest }
    var index: MediaType { self == .oci ? .ociIndex : .dockerList }
    var config: MediaType { self == .oci ? .ociConfig : .dockerConfig }

    func layer(_ layer: FixtureLayer) -> MediaType {
        self == .oci
            ? MediaType(Self.ociLayer(layer.packing, isForeign: layer.foreignURL != nil))
            : MediaType(Self.dockerLayer(layer.packing, isForeign: layer.foreignURL != nil))
    }

    private static func ociLayer(_ packing: FixtureLayer.Packing, isForeign: Bool) -> String {
        let base = "application/vnd.oci.image.layer." + (isForeign ? "nondistributable." : "") + "v1.tar"
        return switch packing {
        case .gzip, .storedGzip: base + "+gzip"
        case .zstandard: base + "+zstd"
        case .none: base
        }
    }

    private static func dockerLayer(_ packing: FixtureLayer.Packing, isForeign: Bool) -> String {
        let base = "application/vnd.docker.image.rootfs." + (isForeign ? "foreign." : "") + "diff.tar"
        return switch packing {
        case .gzip, .storedGzip: base + ".gzip"
        case .zstandard: base + ".zstd"
        case .none: base
        }
    }
}
