// SPDX-License-Identifier: Apache-2.0

import ProtocolCases
import RegistryTransport
import Testing

/// What of an exchange may be printed.
@Suite struct WireTextSecretsTests {
    @Test(
        .covers("S22"),
        arguments: [
            ("Location", "https://s3.io/b?X-Amz-Signature=hush&x=hush"),
            ("Location", "/v2/a/blobs/uploads/1?_state=hush"),
            ("Content-Location", "https://r.io/x?sig=hush"), ("Refresh", "0; url=https://r.io/x?t=hush"),
            ("Link", "</v2/_catalog?last=a&sig=hush>; rel=next"), ("X-Anything", "see https://u:hush@r.io/"),
            ("WWW-Authenticate", "Bearer realm=\"https://a.io/t?k=hush\""), ("Authorization", "Basic hush"),
            ("Proxy-Authorization", "hush"), ("Set-Cookie", "a=hush"), ("X-Amz-Security-Token", "hush"),
            ("X-Evil", "a\u{1B}[2Jb\u{9B}c\u{202E}d token=hush"),
        ])
    func `a printed header has neither secrets nor controls`(name: String, value: String) {
        let headers: WireHeaders = [name: value, "X-Plain": "kept"]
        for text in [
            "\(headers)", headers.fields.debugDescription, "\(Mirror(reflecting: headers.fields[0]).children)",
        ] {
            #expect(!text.contains("hush"), "\(text)")
            #expect(!text.unicodeScalars.contains { ["\u{1B}", "\u{9B}", "\u{202E}"].contains($0) })
        }
        #expect("\(headers)".contains("X-Plain: kept"))
    }

    @Test func `a printed body has neither secrets nor controls`() {
        let body = ShownBody.bytes(Array("<a href=\"https://c.io/x?s=hush\">\u{9B}1m</a> {\"token\":\"hush\"}".utf8))
        for text in ["\(body)", String(reflecting: body)] {
            #expect(!text.contains("hush"))
            #expect(text.contains("\\u{9b}1m"))
        }
    }

    @Test func `a printed URL shows what was asked, and no more`() throws {
        let url = try WireURL(
            "https://r.io/v2/a/blobs/uploads/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x?_state=hush&digest=d")
        #expect("\(url)" == "https://r.io/v2/a/blobs/uploads/REDACTED?_state=REDACTED&digest=d")
    }
}
