// SPDX-License-Identifier: Apache-2.0

import ImageAssembly
import OCI
import Testing

/// IDs and documents were made with crane (v0.21.9) of an image with these layers and this config.
@Suite struct LegacyLayerTests {
    private static let config =
        #"{"created":"2024-05-06T07:08:09Z","architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin","A=1"],"#
        + #""Cmd":["sh"],"Labels":{"org.x":"y"}},"rootfs":{"type":"layers","diff_ids":["#
        + #""sha256:e8964b203feaa5bcafc65a5c8ab816b3f0c3fcad50d2ecdfd6fcd21f4a27b950","#
        + #""sha256:6f13d28c57ed8f03f3cba0607b623f4dd5ecd21c21b6d260de825bdf4b8c6812"]},"#
        + #""history":[{"created":"2024-05-06T07:08:09Z","created_by":"ADD 0"},"#
        + #"{"created":"2024-05-06T07:08:09Z","created_by":"ADD 1"}]}"#

    private static func layers() throws -> [Descriptor] {
        try [
            "sha256:3b0b4bcd3af33490570d76fc43b5b4e6a18b869f9f2d5c65eb8fdc75d9f7a22b",
            "sha256:1ad8c37ec549af6bc98348eae76c26363cb0ad50b6091a3a32ae9dcbb8be4907",
        ].map { Descriptor(mediaType: "application/x", digest: try Digest($0), size: 1) }
    }

    private static func texts(_ chain: [LegacyLayer]) -> [String] {
        chain.map { String(decoding: $0.document, as: UTF8.self) }
    }

    @Test func `layers have crane's IDs and documents, and the topmost one has the image's config`() throws {
        let chain = try LegacyLayer.chain(of: Self.layers(), config: Array(Self.config.utf8))
        let ids = [
            "fcab7d572d6fd93209d327b1ba070e77885ef9b777f8e83f790ba76d56673f37",
            "e3f19b2b6cdd3b0008fe22cfabd84231bbb0e21380ce369e950597f6e9b4fb94",
        ]
        #expect(chain.map(\.id) == ids)
        let below =
            #"{"architecture":"","created":"2024-05-06T07:08:09Z","os":"","rootfs":{"type":"","diff_ids":null},"config":{},"#
            + #""container_config":{"Cmd":["ADD 0"]},"id":"\#(ids[0])"}"#
        let top =
            #"{"architecture":"amd64","created":"2024-05-06T07:08:09Z","os":"linux","rootfs":{"type":"","diff_ids":null},"#
            + #""config":{"Cmd":["sh"],"Env":["PATH=/bin","A=1"],"Labels":{"org.x":"y"}},"#
            + #""container_config":{"Cmd":["ADD 1"]},"id":"\#(ids[1])","parent":"\#(ids[0])"}"#
        #expect(Self.texts(chain) == [below, top])
    }

    @Test func `a config without history tells nothing of its layers`() throws {
        let chain = try LegacyLayer.chain(of: Self.layers(), config: Array("{}".utf8))
        #expect(chain.count == 2)
        #expect(Self.texts(chain).allSatisfy { $0.contains(#""created":"0001-01-01T00:00:00Z""#) })
        #expect(Self.texts(chain).allSatisfy { $0.contains(#""container_config":{"Cmd":[""]}"#) })
    }

    @Test func `steps without a layer are left out, and a history of another number of layers is refused`() throws {
        let step = #"{"created_by":"ADD"}"#
        let empty = #"{"created_by":"ENV","empty_layer":true}"#
        for (steps, isRight) in [
            ([step, empty, step, empty], true), ([step, empty], false), ([step, step, step], false),
        ] {
            let config = Array(#"{"history":[\#(steps.joined(separator: ","))]}"#.utf8)
            guard !isRight else {
                #expect(try LegacyLayer.chain(of: Self.layers(), config: config).count == 2)
                continue
            }
            #expect(throws: DocumentProblem.self) { try LegacyLayer.chain(of: Self.layers(), config: config) }
        }
    }

    @Test func `what cannot be read as an image's config is refused`() {
        for text in ["", "[]", #"{"os":1}"#, #"{"history":{}}"#] {
            #expect(throws: DocumentProblem.self) {
                try LegacyLayer.chain(of: Self.layers(), config: Array(text.utf8))
            }
        }
    }
}
