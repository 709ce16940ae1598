// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import Testing

@Suite struct RedactionTests {
    @Test(
        .covers("S22"),
        arguments: [
            (
                "GET https://s3.example/b?X-Amz-Signature=5ec&X-Amz-Credential=AK%2F1&n=5",
                "GET https://s3.example/b?X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&n=5"
            ),
            (
                "/v2/a/blobs/uploads/1?_state=abc&digest=sha256:1",
                "/v2/a/blobs/uploads/1?_state=REDACTED&digest=sha256:1"
            ),
            ("/v2/a/blobs/uploads/1?secret", "/v2/a/blobs/uploads/1?REDACTED"),
            (
                "<https://r.io/v2/_catalog?last=b&sig=abc>; rel=\"next\"",
                "<https://r.io/v2/_catalog?last=b&sig=REDACTED>; rel=\"next\""
            ),
            ("0; url=https://r.io/x?y=z", "0; url=https://r.io/x?y=REDACTED"),
            ("https://user:pass@r.io/x", "https://REDACTED@r.io/x"),
            ("see \"https://token@r.io\"", "see \"https://REDACTED@r.io\""),
            (
                "<a href=\"https://c.io/l?a=b&amp;Signature=x\">here</a>",
                "<a href=\"https://c.io/l?a=REDACTED&amp;Signature=REDACTED\">here</a>"
            ),
            ("https://r.io/#access_token=abc&n=1", "https://r.io/#access_token=REDACTED&n=1"),
            (
                "Bearer realm=\"https://a.io/t?key=1\",service=\"r.io\",scope=\"repository:a:pull\"",
                "Bearer realm=\"https://a.io/t?key=REDACTED\",service=\"r.io\",scope=\"repository:a:pull\""
            ),
            ("{\"token\":\"abc\\\"def\",\"expires_in\":300}", "{\"token\":\"REDACTED\",\"expires_in\":300}"),
            ("{\"access_token\" : \"abc\", \"x\": 1}", "{\"access_token\" : \"REDACTED\", \"x\": 1}"),
            (
                "{\"refresh_token\":\"a\",\"identitytoken\":\"b\"}",
                "{\"refresh_token\":\"REDACTED\",\"identitytoken\":\"REDACTED\"}"
            ),
            ("{\"password\":\"unclosed", "{\"password\":\"REDACTED"),
            ("\"{\\\"token\\\":\\\"abc\\\"}\"", "\"{\\\"token\\\":\\\"REDACTED\\\"}\""),
            (
                "grant_type=password&password=x&refresh_token=y",
                "grant_type=password&password=REDACTED&refresh_token=REDACTED"
            ),
            ("x-amz-security-token: FwoGZXIvYXdzEBYaDJ", "x-amz-security-token: REDACTED"),
            ("X-Amz-Security-Token%3DFwoG", "X-Amz-Security-Token%3DREDACTED"),
            ("path/token=exp=1~hmac=abc/layer", "path/token=REDACTED"),
            ("Authorization: Basic dTpw", "Authorization: Basic REDACTED"),
            ("Cookie: sid=ab", "Cookie: REDACTED"), ("Authorization: 2JSUzI#=fba c", "Authorization: REDACTED c"),
            ("token: /x?abcdefg", "token: REDACTED"), ("token: http://u@h", "token: REDACTED"),
            (
                "r.io/x?signature_x:aaaaaaaaaaaaaaaaaaaa#&//h.example/x?a=b",
                "r.io/x?REDACTED&//h.example/x?a=REDACTED"
            ),
            ("passwords://u;e:rpw@h.example: x", "passwords:REDACTED x"),
            ("sent Bearer abcdefghijklmnopqrstuvwxyz", "sent Bearer REDACTED"),
            ("got eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0.sig!", "got REDACTED!"),
            (
                "<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>5ec5ec5ec</SignatureProvided></Error>",
                "<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>REDACTED</SignatureProvided></Error>"
            ),
            ("<s3:Signature>\n 5ec5ec5ec5ec5ec5ec5ec", "<s3:Signature>REDACTED"),
        ])
    func `takes the secrets out of what came from outside`(text: String, shown: String) {
        #expect(text.withoutSecrets == shown)
        #expect(shown.withoutSecrets == shown)
    }

    @Test(arguments: [
        "", "nothing to hide", "authentication token: expired", "the token: expired?", "is it? yes", "a=b, c=d",
        "sha256:0123456789abcdef",
        "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"", "Basic realm=\"Registry\"",
        "Basic authentication required", "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}",
        "GET https://r.io/v2/a/manifests/latest: MANIFEST_UNKNOWN: manifest unknown; map[Tag:latest]", "überall: ä=ö",
        "https://r.io/v2/a/tags/list?n=100&last=b", "eyJ is how tokens begin", "user@example.com",
        "<SignatureProvided></SignatureProvided> <a>b</a>", "the token -> the password",
    ])
    func `leaves everything else as it is`(text: String) { #expect(text.withoutSecrets == text) }

    @Test(arguments: [
        "Authorization", "proxy-authorization", "Set-Cookie", "cookie", "X-Amz-Security-Token", "x-goog-signature",
        "X-Auth-Token", "X-Registry-Auth", "identitytoken", "client_secret", "_state",
    ])
    func `knows a secret by its name`(name: String) { #expect(Redaction.isSecret(name)) }

    @Test(arguments: [
        "WWW-Authenticate", "Content-Type", "Location", "X-Amz-Request-Id", "Docker-Upload-UUID", "ETag", "expires_in",
        "issued_at", "mediaType", "tokens",
    ])
    func `takes no other name for one`(name: String) { #expect(!Redaction.isSecret(name)) }

    @Test func `stays whole with anything, and quick`() {
        for text in ["?", "#", "://", "://@", "?=", "token=", "\"token\":\"", "Basic ", "eyJ", "%3D", "token%3"] {
            #expect(!text.withoutSecrets.isEmpty)
            for end in 0...text.count { _ = (String(text.prefix(end)) + "\u{0}ä").withoutSecrets }
        }
        for part in [
            "?", "#", "a?", "?#", "://", "\"", "\\", "token", "token:", "token\"", "basic ", "basic/", "%3D", "eyJ.",
            "token>",
            "<token>", "<token> ", "</token>",
        ] {
            #expect(!String(repeating: part, count: 100_000).withoutSecrets.isEmpty)
        }
        let long = String(repeating: "https://a:b@c?d=e&token=\"f ", count: 10_000)
        #expect(!long.withoutSecrets.contains("a:b"))
    }
}
