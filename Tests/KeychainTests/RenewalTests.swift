// SPDX-License-Identifier: Apache-2.0

import Keychain
import OCI
import OutsidePrograms
import RegistryAuth
import Testing

/// Another login in the place of one that a registry took and refuses now.
@Suite struct RenewalTests {
    private let host: RegistryHost

    init() throws { host = try RegistryHost("h.io") }

    private func renewed(_ keychain: Keychain, _ host: RegistryHost) async throws -> [Credential?] {
        let first = try await keychain.credential(for: host, repository: nil).credential
        let refused = try #require(first)
        return [first, try await keychain.credential(for: host, repository: nil, insteadOf: refused).credential]
    }

    private func password(_ text: String) -> Credential { .basic(user: "u", password: Secret(text)) }

    private static func entry(_ password: String) -> String {
        #"{"auths":{"h.io":{"username":"u","password":"\#(password)"}}}"#
    }

    @Test func `a helper is asked again, once for all`() async throws {
        let path = "/home/u/.docker/config.json"
        let machine = Machine(files: [path: #"{"credHelpers":{"h.io":"vault"}}"#])
        machine.install("docker-credential-vault", printing: #"{"Username":"u","Secret":"1"}"#)
        let keychain = try machine.keychain()
        _ = try await keychain.credential(for: host, repository: nil)
        machine.install("docker-credential-vault", printing: #"{"Username":"u","Secret":"2"}"#)
        let answers = try await withThrowingTaskGroup(of: Credential?.self) { group in
            for _ in 0..<20 {
                group.addTask { [host] in
                    try await keychain.credential(
                        for: host, repository: nil, insteadOf: .basic(user: "u", password: Secret("1"))
                    ).credential
                }
            }
            return try await group.reduce(into: Set<Credential?>()) { $0.insert($1) }
        }
        #expect(answers == [password("2")])
        #expect(machine.runs.count == 2)
    }

    @Test func `a login file is read again, and one that makes no sense for a moment is left alone`() async throws {
        let path = "/home/u/.docker/config.json"
        let machine = Machine(files: [path: Self.entry("1")])
        let keychain = try machine.keychain()
        machine.write(Self.entry("2"), to: path)
        #expect(try await renewed(keychain, host) == [password("1"), password("2")])
        machine.write("{", to: path)
        #expect(try await renewed(keychain, host) == [password("1"), password("1")])
    }

    @Test func `gcloud is asked again for a token that was refused before its time`() async throws {
        let machine = Machine()
        machine.install("gcloud", printing: #"{"credential":{"access_token":"1"}}"#)
        let keychain = try machine.keychain()
        let google = try RegistryHost("gcr.io")
        let first = try #require(try await keychain.credential(for: google, repository: nil).credential)
        machine.install("gcloud", printing: #"{"credential":{"access_token":"2"}}"#)
        let second = try await keychain.credential(for: google, repository: nil, insteadOf: first).credential
        #expect(second == .basic(user: "_token", password: Secret("2")))
    }
}
