// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        "application/vnd.oci.image.index.v1+json; charset=utf-8",
        "application/vnd.oci.image.index.v1+json;charset=utf-8",
        "Application/vnd.OCI.image.Index.v1+JSON",
        " application/vnd.oci.image.index.v1+json\t",
        "application/vnd.oci.image.index.v1+json ;",
    ])
    func `is compared in lower case and without parameters, and kept as received`(text: String) {
        let type = MediaType(text)
        #expect(type == .ociIndex)
        #expect(type.hashValue == MediaType.ociIndex.hashValue)
        #expect(type.asReceived == text)
    }

    @Test(arguments: [
        // The Kelvin sign's lower case is an ASCII k.
        "application/vnd.doc\u{212A}er.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1",
        "application/ vnd.docker.distribution.manifest.v2+json",
    ])
    func `is not equal to a type that only looks alike`(text: String) {
        #expect(MediaType(text).manifestKind == nil)
    }

    @Test(arguments: [
        (MediaType.ociIndex, ManifestKind.index), (.dockerList, .index), (.ociManifest, .image),
        (.dockerManifest, .image), (.dockerSchema1, .schema1), (.dockerSchema1Signed, .schema1),
        (.ociArtifact, .artifact),
    ])
    func `knows how manifests are read`(type: MediaType, kind: ManifestKind) {
        #expect(type.manifestKind == kind)
        #expect(MediaType.acceptedManifests.contains(type))
    }

    @Test func `accepts anything, last of all`() {
        #expect(MediaType.acceptedManifests.last?.essence == "*/*")
    }

    @Test(arguments: [
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar", true),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", true),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", true),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip+encrypted", true),
        ("application/vnd.oci.image.layer.v1.tar+gzip", false),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", false),
        ("", false),
    ])
    func `knows the layers that stay where they are`(text: String, staysBehind: Bool) {
        #expect(MediaType(text).isNonDistributable == staysBehind)
    }

    @Test func `is shown escaped`() {
        #expect("\(MediaType("application/\u{1B}[31mred"))" == "application/\\u{1b}[31mred")
    }
}
