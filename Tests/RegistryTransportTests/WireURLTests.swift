// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

@Suite struct WireURLTests {
    @Test(arguments: [
        ("https://h/v2/", "https://h/v2/"), ("HTTPS://H:443/x", "https://h/x"), ("http://h:80", "http://h/"),
        ("http://h:5000/a?b#c", "http://h:5000/a?b"), ("https://[::1]:5000/v2/", "https://[::1]:5000/v2/"),
        ("https://h?x=1", "https://h/?x=1"),
        ("https://h/a%2Fb?x=%2F+&x=1&&y==&", "https://h/a%2Fb?x=%2F+&x=1&&y==&"),
        ("https://h/a|b?c={d}", "https://h/a%7Cb?c=%7Bd%7D"), ("https://h/ü", "https://h/%C3%BC"),
        ("https://h/a%2F[1]?b=%41%&c=%z", "https://h/a%2F%5B1%5D?b=%41%25&c=%25z"),
    ])
    func `keeps path and query as received`(text: String, expected: String) throws {
        #expect(try WireURL(text).unredacted == expected)
    }

    @Test(arguments: [
        ("", WireURLError.noScheme), ("/v2/", .noScheme), ("null://h/v2/token", .scheme("null")),
        ("file:///etc/passwd", .scheme("file")), ("https://user:pass@h/", .userInfo), ("https:///x", .host),
        ("https:h", .host), ("https://h:0/", .port), ("https://h:65536/", .port), ("https://h:x/", .port),
        ("https://h\\@evil/", .userInfo), ("https://h/../x", .target), ("https://h/%2e%2E/x", .target),
        ("https://h/a/./b", .target), ("https://h/a\r\nHost: x", .target), ("https://h/a\u{0}", .target),
        ("https://h x/", .host), ("https://h%00/", .host),
    ])
    func `refuses what parsers may disagree about`(text: String, expected: WireURLError) {
        let error = #expect(throws: WireURLError.self) { try WireURL(text) }
        #expect(error == expected)
    }

    @Test(arguments: [
        ("/v2/x/uploads/1?_state=a%2Bb", "https://h:5000/v2/x/uploads/1?_state=a%2Bb"),
        ("?page=2", "https://h:5000/v2/list?page=2"), ("other", "https://h:5000/v2/other"),
        ("//cdn/x", "https://cdn/x"), ("http://h:5000/y", "https://h:5000/y"), ("", "https://h:5000/v2/list?n=1"),
        ("a:b/c".replacingColon, "https://h:5000/v2/a%3Ab/c"),
    ])
    func `resolves references against what answered`(reference: String, expected: String) throws {
        let base = try WireURL("https://h:5000/v2/list?n=1")
        #expect(try base.resolving(reference).unredacted == expected)
    }

    @Test(arguments: [
        ("https://h/u", "https://h/u?digest=sha256%3A00"), ("https://h/u?", "https://h/u?digest=sha256%3A00"),
        ("https://h/u?a=1&", "https://h/u?a=1&digest=sha256%3A00"),
        ("https://h/u?_state=%2F+==", "https://h/u?_state=%2F+==&digest=sha256%3A00"),
    ])
    func `appends a query item without touching the others`(text: String, expected: String) throws {
        #expect(try WireURL(text).appending("digest", "sha256:00").unredacted == expected)
    }

    @Test func `printing hides every query value that may be a secret`() throws {
        let url = try WireURL("https://h/x?digest=sha256:00&_state=s3cret&X-Amz-Signature=abc&n=5&opaque")
        #expect(
            url.description
                == "https://h/x?digest=sha256:00&_state=REDACTED&X-Amz-Signature=REDACTED&n=5&REDACTED")
        var dumped = ""
        dump(url, to: &dumped)
        #expect(!(dumped + String(reflecting: url) + "\(["a": url])").contains("s3cret"))
    }

    @Test func `printing headers hides what proves identity and what is signed`() {
        let headers: WireHeaders = [
            "authorization": "Bearer abc", "Cookie": "id=abc", "Location": "https://h/x?sig=abc", "Accept": "*/*",
        ]
        #expect(!"\(headers)".contains("abc"))
        #expect("\(headers)".contains("Accept: */*"))
        #expect(headers["AUTHORIZATION"] == "Bearer abc")
    }
}

extension String {
    /// A colon in a relative reference must be escaped, or it would be a scheme.
    fileprivate var replacingColon: String { split(separator: ":").joined(separator: "%3A") }
}
