// SPDX-License-Identifier: Apache-2.0

import LayerVerification
import OCI
import Testing

@Suite struct LayerFormatTests {
    @Test(arguments: [
        ("application/vnd.oci.image.layer.v1.tar", LayerFormat.tar),
        ("application/vnd.oci.image.layer.v1.tar+gzip", .gzip),
        ("application/vnd.oci.image.layer.v1.tar+zstd", .zstd),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", .gzip),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", .gzip),
        ("application/vnd.docker.image.rootfs.diff.tar", .tar),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", .gzip),
        ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", .encrypted),
        ("Application/VND.oci.image.layer.v1.tar+gzip; a=b", .gzip),
    ])
    func `layers are known by their media type`(type: String, format: LayerFormat) {
        #expect(LayerFormat(MediaType(type)) == format)
    }

    @Test(arguments: [
        "application/vnd.in-toto+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/wasm",
        "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tart", "",
    ])
    func `what is not a layer has no format`(type: String) {
        #expect(LayerFormat(MediaType(type)) == nil)
    }
}
