// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import Testing

private let hex = String(repeating: "ab", count: 32)
private let configText = descriptor("application/vnd.oci.image.config.v1+json", size: "7")
private let layerText = descriptor("application/vnd.oci.image.layer.v1.tar+gzip", size: "9")

private func descriptor(_ type: String, size: String, digest: String = "sha256:" + hex, more: String = "") -> String {
    #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(size)\#(more.isEmpty ? "" : ",")\#(more)}"#
}

private func read(_ text: String, as contentType: MediaType? = nil) throws(ManifestError) -> Manifest {
    try Manifest(Array(text.utf8), contentType: contentType)
}

private func image(type: MediaType? = .ociManifest, layers: [String]) -> String {
    let own = type.map { #""mediaType":"\#($0.essence)","# } ?? ""
    return #"{"schemaVersion":2,\#(own)"config":\#(configText),"layers":[\#(layers.joined(separator: ","))]}"#
}

@Suite struct ManifestKindTests {
    @Test func `the entry of a referrer is in the order in which Go's programs write it`() throws {
        let more = #","subject":\#(configText),"artifactType":"x/y","annotations":{"z":"1","a":"2"}}"#
        let bytes = Array((image(layers: []).dropLast() + more).utf8)
        let digest = try Digest("sha256:" + hex)
        let entry = JSON.referrer(
            try Manifest(bytes, contentType: nil), try JSON(bytes), digest: digest, size: bytes.count)
        let beginning = #"{"mediaType":"\#(MediaType.ociManifest)","size":\#(bytes.count),"digest":"\#(digest)","#
        #expect(entry?.text == beginning + #""annotations":{"z":"1","a":"2"},"artifactType":"x/y"}"#)
    }

    @Test(arguments: [MediaType.ociManifest, .dockerManifest])
    func `reads an image: the config first, then the layers`(type: MediaType) throws {
        let manifest = try read(image(type: type, layers: [layerText, layerText]), as: type)
        #expect(manifest.kind == .image)
        #expect(manifest.mediaType == type)
        #expect(manifest.config?.size == 7)
        #expect(manifest.blobs.map(\.size) == [7, 9, 9])
        #expect(manifest.children.isEmpty)
    }

    @Test(arguments: [MediaType.ociIndex, .dockerList])
    func `reads an index with its children's platforms`(type: MediaType) throws {
        let arm = #""platform":{"os":"linux","architecture":"arm","variant":"v7","os.version":"1"}"#
        let child = descriptor(MediaType.ociManifest.essence, size: "5", more: arm)
        let bare = descriptor(MediaType.ociManifest.essence, size: "6")
        let manifest = try read(
            #"{"schemaVersion":2,"mediaType":"\#(type.essence)","manifests":[\#(child),\#(bare)]}"#, as: type)
        #expect(manifest.kind == .index)
        #expect(manifest.blobs.isEmpty)
        #expect(manifest.children.map(\.size) == [5, 6])
        #expect(
            manifest.children[0].platform
                == Platform(os: "linux", architecture: "arm", variant: "v7", osVersion: "1"))
        #expect(manifest.children[1].platform == nil)
    }

    @Test func `reads the withdrawn artifact manifest`() throws {
        let manifest = try read(
            #"{"mediaType":"\#(MediaType.ociArtifact.essence)","artifactType":"a/b","blobs":[\#(layerText)]}"#)
        #expect(manifest.kind == .artifact)
        #expect(manifest.blobs.count == 1)
        #expect(manifest.artifactType == "a/b")
    }

    @Test(.covers("M15"), arguments: [MediaType.dockerSchema1, .dockerSchema1Signed])
    func `recognises schema 1 and reads nothing from it`(type: MediaType) throws {
        let manifest = try read(#"{"schemaVersion":1,"fsLayers":[{"blobSum":"sha256:\#(hex)"}]}"#, as: type)
        #expect(manifest.kind == .schema1)
        #expect(manifest.blobs.isEmpty)
    }

    @Test func `reads an artifact of unknown types as opaque blobs, with subject and annotations`() throws {
        let manifest = try read(
            #"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x.sbom",
             "config":\#(descriptor("application/vnd.oci.empty.v1+json", size: "2", more: #""data":"e30=""#)),
             "layers":[\#(descriptor("application/x-nobody-knows", size: "1"))],
             "subject":\#(descriptor(MediaType.ociIndex.essence, size: "77")),"annotations":{"k":"v","n":1}}
            """#)
        #expect(manifest.kind == .image)
        #expect(manifest.artifactType == "application/x.sbom")
        #expect(manifest.config?.inlineContent == Array("{}".utf8))
        #expect(manifest.blobs.last?.mediaType == "application/x-nobody-knows")
        #expect(manifest.subject?.size == 77)
        #expect(manifest.annotations == ["k": "v"])
    }

    @Test func `takes a type nobody knows without an error, and reads nothing`() throws {
        let manifest = try read(#"{"mediaType":"application/x-new","layers":[1,2,3]}"#, as: "application/x-new")
        #expect(manifest.kind == nil)
        #expect(manifest.mediaType == "application/x-new")
        #expect(manifest.blobs.isEmpty)
    }

    @Test(.covers("F10")) func `takes empty and absent lists`() throws {
        #expect(try read(image(layers: [])).blobs.count == 1)
        #expect(try read(#"{"mediaType":"\#(MediaType.ociIndex.essence)"}"#).children.isEmpty)
        #expect(try read(#"{"mediaType":"\#(MediaType.ociIndex.essence)","manifests":null}"#).children.isEmpty)
    }
}

@Suite struct ManifestTypeTests {
    @Test(
        arguments: [
            nil, "", "application/json", "text/plain; charset=utf-8", "application/octet-stream", "binary/octet-stream",
            "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
        ] as [String?])
    func `believes the body where the registry says nothing else`(served: String?) throws {
        let manifest = try read(image(layers: []), as: served.map { MediaType($0) })
        #expect(manifest.mediaType == .ociManifest)
        #expect(manifest.kind == .image)
    }

    @Test(.covers("M06"), arguments: [MediaType.ociIndex, .dockerManifest, .dockerList, "application/x-other"])
    func `refuses a body that calls itself something else than it was served as`(served: MediaType) {
        #expect(
            throws: ManifestError.typeMismatch(body: MediaType.ociManifest.essence, header: served.asReceived)
        ) { try read(image(layers: []), as: served) }
    }

    @Test(.covers("M08")) func `takes the served type, without parameters, where the body has none`() throws {
        let manifest = try read(
            image(type: nil, layers: [layerText]),
            as: "application/vnd.oci.image.manifest.v1+json; charset=utf-8")
        #expect(manifest.mediaType.asReceived == "application/vnd.oci.image.manifest.v1+json")
        #expect(manifest.blobs.count == 2)
    }

    @Test func `concludes from the members where nobody says a type`() throws {
        #expect(try read(image(type: nil, layers: [])).mediaType == .ociManifest)
        #expect(try read(#"{"manifests":[]}"#).mediaType == .ociIndex)
        #expect(try read(#"{"fsLayers":[]}"#).mediaType == .dockerSchema1)
        #expect(try read(#"{"fsLayers":[],"signatures":[]}"#).mediaType == .dockerSchema1Signed)
        #expect(try read("{}", as: "application/json").mediaType == "application/json")
        #expect(try read("{}").kind == nil)
    }

    @Test(arguments: [
        #"{"manifests":[],"MediaType":"a/b"}"#, #"{"Layers":[],"config":{}}"#, #"{"manifests":[],"SUBJECT":null}"#,
        #"{"manifests":[{"mediaType":"a/b","size":0,"digest":"sha256:\#(zeros)","Digest":"sha256:\#(zeros)"}]}"#,
        #"{"manifests":[],"layer\u017f":[]}"#, "{\"manifests\":[],\"layer\u{17F}\":[]}",
    ])
    func `refuses what only some readers take for a member they know`(body: String) {
        #expect {
            try read(body)
        } throws: { error in
            guard case .misspelt? = error as? ManifestError else { return false }
            return true
        }
    }

    private static let zeros = String(repeating: "0", count: 64)

    @Test(arguments: ["layers", "config"])
    func `refuses a body that is an image and an index at once`(member: String) {
        for own in ["", #""mediaType":"\#(MediaType.ociIndex.essence)","#] {
            #expect(throws: ManifestError.ambiguous) { try read(#"{\#(own)"manifests":[],"\#(member)":null}"#) }
        }
    }

    @Test(arguments: ["1", "[]", "true", "{}"])
    func `refuses a media type that is not text`(value: String) {
        #expect(throws: ManifestError.self) { try read(#"{"mediaType":\#(value),"manifests":[]}"#) }
    }

    @Test(.covers("M07")) func `refuses the same key twice`() {
        #expect(throws: ManifestError.json(.duplicateKey("layers"))) {
            try read(#"{"config":\#(configText),"layers":[],"layers":[\#(layerText)]}"#)
        }
    }

    @Test(arguments: ["[]", "1", "\"x\"", "null"])
    func `refuses a document that is not an object`(text: String) {
        #expect(throws: ManifestError.notAnObject) { try read(text) }
    }

    @Test func `shows a hostile type escaped`() {
        let error = ManifestError.typeMismatch(body: "a\u{1B}", header: "b\u{202E}")
        #expect(
            error.description == "the manifest calls itself \"a\\u{1b}\" but was served as \"b\\u{202e}\"")
    }
}

@Suite struct ManifestDescriptorTests {
    private func layer(_ text: String) throws -> Descriptor? { try read(image(layers: [text])).blobs.last }

    @Test(
        .covers("S18"),
        arguments: [
            "-1", "17592186044417", "9223372036854775807", "9223372036854775808", "1.5", "1e3", "\"1\"", "null", "[]",
            "1e400",
        ])
    func `refuses a size that is not a whole number from 0 to 16 TiB`(size: String) {
        #expect(
            throws: ManifestError.invalid(
                field: "layers[0].size", reason: "not a whole number from 0 to 17592186044416 (16 TiB)")
        ) { try layer(descriptor("x/y", size: size)) }
    }

    @Test(arguments: [("0", Int64(0)), ("17592186044416", 1 << 44)])
    func `takes the smallest and the largest size`(text: String, size: Int64) throws {
        #expect(try layer(descriptor("x/y", size: text))?.size == size)
    }

    @Test(
        .covers("S16"),
        arguments: [
            "sha256:../../x", "sha256:abcd", "sha256:" + hex.uppercased(), "md5:d41d8cd98f00b204e9800998ecf8427e", "",
            "x",
            "sha256:" + hex + "/../../../", "sha384:" + hex,
        ])
    func `refuses a bad digest before anything can be asked with it`(digest: String) throws {
        let error = try #require(throws: ManifestError.self) {
            try layer(descriptor("x/y", size: "1", digest: digest))
        }
        guard case .invalid(field: "layers[0].digest", _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `refuses a descriptor without a digest, or that is none`() {
        #expect(throws: ManifestError.missing("layers[0].digest")) { try layer(#"{"size":1}"#) }
        #expect(throws: ManifestError.invalid(field: "layers[0]", reason: "not an object")) { try layer("1") }
        #expect(throws: ManifestError.invalid(field: "layers", reason: "not an array")) {
            try read(#"{"config":\#(configText),"layers":{}}"#)
        }
        #expect(throws: ManifestError.missing("config")) { try read(#"{"layers":[]}"#) }
    }

    @Test func `takes sha512`() throws {
        #expect(try layer(descriptor("x/y", size: "1", digest: "sha512:" + hex + hex))?.digest.algorithm == .sha512)
    }

    @Test func `keeps urls and annotations and leaves out what is not text`() throws {
        let more = #""urls":["https://a/b",1],"annotations":{"a":"b","c":null},"artifactType":"t/u""#
        let layer = try layer(descriptor("x/y", size: "1", more: more))
        #expect(layer?.urls == ["https://a/b"])
        #expect(layer?.annotations == ["a": "b"])
        #expect(layer?.artifactType == "t/u")
    }

    @Test(
        .covers("B12"),
        arguments: [(#""data":"aGk=""#, Array("hi".utf8)), (#""data":"not base64""#, nil), (#""data":7"#, nil)]
            as [(String, [UInt8]?)])
    func `carries inline content where it can be read`(more: String, content: [UInt8]?) throws {
        #expect(try layer(descriptor("x/y", size: "2", more: more))?.inlineContent == content)
    }

    @Test(.covers("S18")) func `bounds the number of descriptors`() throws {
        let many = { (count: Int) in image(layers: Array(repeating: layerText, count: count)) }
        #expect(try read(many(2_000)).blobs.count == 2_001)
        #expect(throws: ManifestError.tooManyDescriptors(limit: 100_000)) { try read(many(100_001)) }
    }

    @Test func `finds what an attestation is about`() throws {
        let about =
            #""annotations":{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"sha256:\#(hex)"}"#
        #expect(try layer(descriptor("x/y", size: "1", more: about))?.attestedDigest == Digest("sha256:" + hex))
        let other = about.replacing("attestation-manifest", with: "something-else")
        #expect(try layer(descriptor("x/y", size: "1", more: other))?.attestedDigest == nil)
        let broken = about.replacing("sha256:", with: "sha256;")
        #expect(try layer(descriptor("x/y", size: "1", more: broken))?.attestedDigest == nil)
    }
}
