// SPDX-License-Identifier: Apache-2.0

import Content
import ImageAssembly
import OCI
import Testing

@Suite struct ManifestDocumentTests {
    private static let layer =
        #"{"mediaType":"l","size":5,"digest":"sha256:\#(zeros)"}"#
    private static let zeros = String(repeating: "0", count: 64)

    private static func manifest(_ config: String, _ more: String = "") -> [UInt8] {
        let text =
            #"{"layers":[{"digest":"sha256:\#(zeros)","size":5,"mediaType":"l","foo":1}],"mediaType":"m","#
            + #"\#(more)"schemaVersion":2,"config":{"size":2,"digest":"sha256:\#(zeros)",\#(config)}}"#
        return Array(text.utf8)
    }

    @Test func `is written in the order of its declaration, without what it does not know and whom it is about`() throws
    {
        let more =
            #""subject":{"mediaType":"x","digest":"sha256:\#(Self.zeros)","size":1},"annotations":{"b":"1","a":"<"},"#
            + #""artifactType":"x/y","unknown":1,"#
        let document = try ManifestDocument(Self.manifest(#""mediaType":"c""#, more))
        #expect(
            String(decoding: document.bytes, as: UTF8.self)
                == #"{"schemaVersion":2,"mediaType":"m","config":{"mediaType":"c","size":2,"digest":"sha256:\#(Self.zeros)"},"#
                + #""layers":[\#(Self.layer)],"annotations":{"a":"\u003c","b":"1"},"artifactType":"x/y"}"#)
    }

    @Test func `carries its config in the descriptor only where it did`() throws {
        for (data, isKept) in [("", false), (#","data":"e30=""#, true)] {
            var document = try ManifestDocument(
                Self.manifest(#""mediaType":"application/vnd.oci.image.config.v1+json"\#(data)"#))
            document.set(config: Array(#"{"os":"a"}"#.utf8))
            let text = String(decoding: document.bytes, as: UTF8.self)
            #expect(text.contains(#""size":10,"digest":"sha256:"#))
            #expect(text.contains(#""data":"eyJvcyI6ImEifQ==""#) == isKept)
        }
    }

    @Test func `an artifact keeps the config it has`() throws {
        let content = ManifestContent(
            bytes: Self.manifest(#""mediaType":"application/vnd.example""#), mediaType: .ociManifest,
            digest: ContentHash.digest(of: []))
        var draft = try ImageDraft(content, mediaType: .ociManifest, config: Array(#"{"x": 1}"#.utf8))
        draft.config.set(user: "me")
        let image = draft.assembled(over: nil, in: .layout)
        let text = String(decoding: image.manifest.bytes, as: UTF8.self)
        #expect(
            text.contains(
                #""config":{"mediaType":"application/vnd.example","size":2,"digest":"sha256:\#(Self.zeros)"}"#))
    }

    @Test func `an index lists a manifest by its own type, an artifact by its config's`() throws {
        let config = #""mediaType":"application/vnd.oci.image.config.v1+json""#
        let bytes = Self.manifest(config)
        let content = ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
        var index = IndexDocument(mediaType: .ociIndex)
        index.append(IndexEntry(content, platform: .object(["os": "linux", "architecture": "amd64"])))
        #expect(
            String(decoding: index.bytes, as: UTF8.self)
                == #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"#
                + #""application/vnd.oci.image.manifest.v1+json","size":\#(bytes.count),"digest":"\#(content.digest)","#
                + #""platform":{"architecture":"amd64","os":"linux"},"#
                + #""artifactType":"application/vnd.oci.image.config.v1+json"}]}"#)
    }

    private static func content(_ text: String, _ type: MediaType) -> ManifestContent {
        ManifestContent(bytes: Array(text.utf8), mediaType: type, digest: ContentHash.digest(of: text.utf8))
    }

    private static func image(_ more: String = "") -> ManifestContent {
        content(
            #"{"schemaVersion":2,"config":{"mediaType":"c/d","size":2,"digest":"sha256:\#(zeros)"},"layers":[]\#(more)}"#,
            .ociManifest)
    }

    private static func listed(_ entry: IndexEntry) -> String {
        String(decoding: entry.document.goBytes, as: UTF8.self)
    }

    private static func beginning(_ content: ManifestContent) -> String {
        #"{"mediaType":"\#(content.mediaType)","size":\#(content.bytes.count),"digest":"\#(content.digest)""#
    }

    @Test func `what a registry answered with is listed with its annotations, what is of this machine without`() {
        let image = Self.image(#","annotations":{"z":"1","Z":"2","a":"<"}"#)
        let annotations = #""annotations":{"Z":"2","a":"\u003c","z":"1"}"#
        #expect(
            Self.listed(IndexEntry(fetched: image))
                == Self.beginning(image) + #","# + annotations + #","artifactType":"c/d"}"#)
        #expect(Self.listed(IndexEntry(image, platform: nil)) == Self.beginning(image) + #","artifactType":"c/d"}"#)
        let index = Self.content(
            #"{"schemaVersion":2,"manifests":[],"annotations":{"a":"b"},"artifactType":"x/y"}"#, .ociIndex)
        #expect(
            Self.listed(IndexEntry(fetched: index))
                == Self.beginning(index) + #","annotations":{"a":"b"},"artifactType":"x/y"}"#)
        #expect(Self.listed(IndexEntry(index, platform: nil)) == Self.beginning(index) + "}")
    }

    @Test func `an image of an index is listed as there, with its own type and a name besides`() {
        let image = Self.image()
        let descriptor = Descriptor(
            mediaType: .ociManifest, digest: image.digest, size: Int64(image.bytes.count),
            platform: Platform(os: "windows", architecture: "amd64", osVersion: "10.0"), annotations: ["z": "1"],
            urls: ["https://a/b"], inlineContent: Array("{}".utf8))
        #expect(
            Self.listed(IndexEntry(descriptor).describing(image).named("x/y:v1"))
                == Self.beginning(image) + #","data":"e30=","urls":["https://a/b"],"annotations":{"#
                + #""org.opencontainers.image.ref.name":"x/y:v1","z":"1"},"#
                + #""platform":{"architecture":"amd64","os":"windows","os.version":"10.0"},"artifactType":"c/d"}"#)
    }

    @Test func `an index of nothing lists nothing`() {
        let index = IndexDocument(mediaType: .dockerList)
        #expect(
            String(decoding: index.bytes, as: UTF8.self)
                == #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","#
                + #""manifests":[]}"#)
    }
}
