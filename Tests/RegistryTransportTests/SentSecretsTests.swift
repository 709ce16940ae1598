// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

/// What was sent of a login is shown nowhere, also where only the beginning of a text is shown.
@Suite struct SentSecretsTests {
    private static let password = "correct-horse-battery-staple"

    private var secrets: SentSecrets {
        let secrets = SentSecrets()
        secrets.note(value: Self.password)
        return secrets
    }

    // MARK: Excerpts

    @Test(arguments: [20, 30, 35, 39])
    func `a text is cut after its secrets are hidden`(before: Int) {
        let text = String(repeating: "x", count: before) + Self.password
        let shown = secrets.excerpt(of: text, limit: 40)
        #expect(!shown.contains("co"), "\(shown)")
    }

    @Test func `an excerpt without secrets is the text's beginning`() {
        #expect(secrets.excerpt(of: "plain", limit: 40) == "plain")
    }

    @Test func `the beginning of a secret at the end of bytes that go on is hidden`() {
        let bytes = Array("SSH-2.0 correct-ho".utf8)
        #expect(secrets.excerpt(of: bytes, limit: 40, isWhole: false) == "SSH-2.0 REDACTED")
        #expect(secrets.excerpt(of: bytes, limit: 40) == "SSH-2.0 correct-ho")
    }

    @Test func `three letters of a secret are a word like others`() {
        #expect(secrets.excerpt(of: Array("a cor".utf8), limit: 40, isWhole: false) == "a cor")
    }

    // MARK: Malformed heads

    /// The failure of a request whose login comes back in an answer like this one, which is no HTTP.
    private func failure(answer: String) async throws -> String {
        var settings = TransportSettings.patient
        settings.secrets = secrets
        return try await RawServer.running(answer: { _ in answer }) { server in
            try await withTransport(settings) { transport in
                let request = WireRequest(.get, try server.url())
                do throws(WireFailure) {
                    return "\(try await transport.send(request).status)"
                } catch {
                    return error.description
                }
            }
        }
    }

    @Test(arguments: [
        "correct-horse-battery-staple HTTP/1.1 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH for you, correct-horse-battery-staple\r\n\r\n",
        "HTTP/1.1 no correct-horse-battery-staple, of all\r\n\r\n",
        "HTTP/1.1 010 no correct-horse-battery-staple, of all\r\n\r\n",
        "HTTP/1.1 200 OK\r\nyour login was correct-horse-battery-staple\r\n\r\n",
        "HTTP/1.1 200 OK\r\n(your) login was correct-horse-battery-staple: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Your-Login-Is-correct-horse-battery-staple: \u{1}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: of your login correct-horse-battery-staple\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: as of your login, which was it, correct-horse-battery-staple\r\n\r\n",
    ])
    func `a head that is not taken is told without the login that it repeats`(answer: String) async throws {
        let failure = try await failure(answer: answer)
        #expect(failure.contains("malformed"), "\(failure)")
        #expect(!failure.contains("corr"), "\(failure)")
    }
}
