// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

@Suite struct ProxySettingsTests {
    private func proxy(_ url: String, _ variables: [String: String]) throws -> String? {
        try ProxySettings(variables: variables).proxy(for: WireURL(url).origin).map { "\($0)" }
    }

    // MARK: Which proxy

    @Test func `each scheme has a proxy of its own`() throws {
        let variables = ["HTTP_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2"]
        #expect(try proxy("http://r.io/", variables) == "http://a:1")
        #expect(try proxy("https://r.io/", variables) == "http://b:2")
        #expect(try proxy("https://r.io/", ["HTTP_PROXY": "http://a:1"]) == nil)
    }

    @Test func `names in upper case come first, empty ones do not count`() throws {
        #expect(try proxy("https://r.io/", ["HTTPS_PROXY": "a:1", "https_proxy": "b:2"]) == "http://a:1")
        #expect(try proxy("https://r.io/", ["HTTPS_PROXY": "", "https_proxy": "b:2"]) == "http://b:2")
    }

    @Test func `a server's HTTP_PROXY is its client's, not ours`() throws {
        let variables = ["REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil:1"]
        #expect(try proxy("http://r.io/", variables) == nil)
    }

    @Test(arguments: [
        ("proxy.example:3128", "http://proxy.example:3128"), ("http://proxy.example", "http://proxy.example:80"),
        ("http://u:p@proxy.example:8080/", "http://proxy.example:8080"), ("socks5://p", "socks5://p:1080"),
        ("SOCKS5H://p:9", "socks5://p:9"), ("http://[::1]:3128", "http://[::1]:3128"),
    ])
    func `a proxy is named in several ways, and shown without its login`(text: String, shown: String) throws {
        #expect(try proxy("https://r.io/", ["HTTPS_PROXY": text]) == shown)
    }

    @Test(arguments: [
        ("https://p:1", "HTTPS_PROXY names no usable proxy: proxies are spoken to by http or socks5, not by https"),
        ("socks5://u:hunter2@p:1", "HTTPS_PROXY names no usable proxy: a SOCKS proxy with a login is not supported"),
        ("http://p:hunter2", "HTTPS_PROXY names no usable proxy: its port is out of range"),
    ])
    func `a proxy that cannot be used is an error, not a way around it`(text: String, message: String) throws {
        let error = #expect(throws: TransportSetupError.self) { try proxy("https://r.io/", ["HTTPS_PROXY": text]) }
        #expect(error?.description == message)
    }

    @Test func `a login cannot be printed`() throws {
        let proxy = try ProxyServer("http://u:hunter2@p:1")
        var dumped = ""
        dump(proxy, to: &dumped)
        #expect(!"\(proxy) \(String(reflecting: proxy)) \(dumped)".contains("hunter2"))
    }

    // MARK: Exceptions

    struct Row: Sendable, CustomTestStringConvertible {
        let exceptions: String
        let url: String
        let isDirect: Bool
        var testDescription: String { "\(url) with NO_PROXY=\(exceptions)" }

        init(_ exceptions: String, _ url: String, direct: Bool) {
            (self.exceptions, self.url, isDirect) = (exceptions, url, direct)
        }
    }

    static let rows = [
        Row("", "https://r.io/", direct: false),
        Row("*", "https://r.io/", direct: true),
        Row("a.io, R.io ,b.io", "https://r.io/", direct: true),
        Row("r.io", "https://sub.r.io/", direct: true),
        Row("r.io", "https://xr.io/", direct: false),
        Row(".r.io", "https://sub.r.io/", direct: true),
        Row(".r.io", "https://r.io/", direct: false),
        Row("*.r.io", "https://sub.r.io/", direct: true),
        Row("*.r.io", "https://r.io/", direct: false),
        Row("r.io:5000", "https://r.io:5000/", direct: true),
        Row("r.io:5000", "https://r.io/", direct: false),
        Row("r.io:443", "https://r.io/", direct: true),
        Row("r.io:80", "http://sub.r.io/", direct: true),
        Row("10.0.0.0/8", "https://10.1.2.3:5000/", direct: true),
        Row("10.0.0.0/8", "https://11.1.2.3/", direct: false),
        Row("10.1.0.0/17", "https://10.1.127.9/", direct: true),
        Row("10.1.0.0/17", "https://10.1.128.9/", direct: false),
        Row("10.0.0.0/8", "https://r10.io/", direct: false),
        Row("10.1.2.3", "https://10.1.2.3/", direct: true),
        Row("10.1.2.3:5000", "https://10.1.2.3/", direct: false),
        Row("10.1.2.3:5000", "https://10.1.2.3:5000/", direct: true),
        Row("2001:db8::/32", "https://[2001:db8::5]/", direct: true),
        Row("2001:db8::5", "https://[2001:db8::5]:5000/", direct: true),
        Row("[2001:db8::5]:5000", "https://[2001:db8::5]/", direct: false),
        Row("0.0.0.0/0", "https://10.1.2.3/", direct: true),
        Row("0.0.0.0/0", "https://r.io/", direct: false),
        Row("10.0.0.0/33,r.io", "https://r.io/", direct: true),
        Row("", "https://localhost:5000/", direct: true),
        Row("", "https://127.0.0.9/", direct: true),
        Row("", "https://[::1]/", direct: true),
        Row("", "http://169.254.169.254/", direct: true),
        Row("", "http://metadata.google.internal/", direct: true),
        Row("r.io", "https://r.io./", direct: true),
    ]

    @Test(arguments: rows) func `exceptions are read as Go reads them`(row: Row) throws {
        let variables = ["HTTP_PROXY": "p:1", "HTTPS_PROXY": "p:1", "NO_PROXY": row.exceptions]
        #expect(try (proxy(row.url, variables) == nil) == row.isDirect)
    }
}
