// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// Manifests that name one content several times.
@Suite struct ParsedManifestTests {
    private static let foreign = MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    private static let layer = MediaType("application/vnd.oci.image.layer.v1.tar+gzip")

    private func blob(_ text: String, _ type: MediaType, size: Int64? = nil) -> Descriptor {
        let bytes = Array(text.utf8)
        return Descriptor(mediaType: type, digest: ContentHash.digest(of: bytes), size: size ?? Int64(bytes.count))
    }

    private func image(_ layers: [Descriptor]) throws -> ParsedManifest {
        try ParsedManifest(
            SampleImage.manifest(
                .ociManifest,
                [
                    "config": SampleImage.json(blob("{}", .ociConfig)),
                    "layers": .array(layers.map(SampleImage.json)),
                ]))
    }

    @Test(arguments: [false, true]) func `a layer that is named as an ordinary one is copied, wherever else it stands`(
        isForeignFirst: Bool
    ) throws {
        let both = [blob("l", Self.foreign), blob("l", Self.layer)]
        let image = try image((isForeignFirst ? both : both.reversed()) + [blob("m", Self.foreign)])
        #expect(image.blobs(includingForeign: false).map(\.digest) == [blob("{}", .ociConfig), both[1]].map(\.digest))
        #expect(image.foreignLayers.map(\.digest) == [blob("m", Self.foreign).digest])
    }

    @Test(arguments: [false, true]) func `two sizes of one content are refused, in either order`(isWrongFirst: Bool) {
        let layers = [blob("l", Self.layer), blob("l", Self.layer, size: 7)]
        let failure = #expect(throws: ContentFailure.self) { try image(isWrongFirst ? layers.reversed() : layers) }
        #expect(failure?.kind == .invalid && failure?.message.contains("gives two sizes for") == true)
        #expect(throws: ContentFailure.self) { try image([blob("{}", Self.layer, size: 9)]) }
    }
}
