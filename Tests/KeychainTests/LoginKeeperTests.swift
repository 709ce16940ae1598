// SPDX-License-Identifier: Apache-2.0

import Keychain
import OCI
import OutsidePrograms
import RegistryAuth
import Testing

@Suite struct LoginKeeperTests {
    private static let path = "/home/u/.docker/config.json"

    /// What the file holds after a change.
    private func file(
        _ text: String?, helpers: [String] = [], _ change: (LoginKeeper) async throws -> LoginKeeper.Change
    ) async throws -> (text: String?, machine: Machine) {
        let machine = Machine(files: text.map { [Self.path: $0] } ?? [:])
        for helper in helpers { machine.install("docker-credential-" + helper, printing: "") }
        let change = try await change(LoginKeeper(machine.context))
        return (change.text, machine)
    }

    private func login(
        _ text: String?, _ host: String = "h.io", helpers: [String] = []
    ) async throws -> (text: String?, machine: Machine) {
        try await file(text, helpers: helpers) { keeper in
            try await keeper.store(user: "u", Secret("p:w"), for: RegistryHost(host))
        }
    }

    private func logout(
        _ text: String?, _ host: String = "h.io", helpers: [String] = []
    ) async throws -> (text: String?, machine: Machine) {
        try await file(text, helpers: helpers) { keeper in try await keeper.erase(RegistryHost(host)) }
    }

    @Test func `a first login makes the file, indented by tabs`() async throws {
        let text = try await login(nil).text
        #expect(text == "{\n\t\"auths\": {\n\t\t\"h.io\": {\n\t\t\t\"auth\": \"dTpwOnc=\"\n\t\t}\n\t}\n}")
    }

    @Test func `a login keeps everything else, unknown members and their order included`() async throws {
        let before = #"{"psFormat":"x","auths":{"a.io":{"auth":"dTpw"}},"n":1.50,"list":[1,{}],"empty":{}}"#
        let text = try #require(try await login(before).text)
        let expected =
            #"{"psFormat":"x","auths":{"a.io":{"auth":"dTpw"},"h.io":{"auth":"dTpwOnc="}},"n":1.50,"list":[1,{}],"empty":{}}"#
        #expect(try JSON(Array(text.utf8)) == JSON(Array(expected.utf8)))
        #expect(text.contains("\"n\": 1.50"))
    }

    @Test func `what Docker's reader passes over is not in the way, and not written again`() async throws {
        let before =
            #"{"auths":{"a.io":{"auth":"b2xk"},"b.io":{}},"auths":{"a.io":{"auth":"dTpw"}},"n":1,"n":2} and more"#
        let text = try #require(try await login(before).text)
        let expected = #"{"auths":{"a.io":{"auth":"dTpw"},"b.io":{},"h.io":{"auth":"dTpwOnc="}},"n":2}"#
        #expect(try JSON(Array(text.utf8)) == JSON(Array(expected.utf8)))
    }

    @Test func `a login replaces the one before, whatever its form`() async throws {
        let text = try #require(try await login(#"{"auths":{"h.io":{"identitytoken":"old"}}}"#).text)
        #expect(!text.contains("old"))
        #expect(text.contains("dTpwOnc="))
    }

    @Test func `what was stored is found again`() async throws {
        for host in ["h.io:5000", "docker.io"] {
            let (text, machine) = try await login(nil, host)
            machine.write(try #require(text), to: Self.path)
            #expect(try await machine.answer(host).credential == .basic(user: "u", password: Secret("p:w")))
        }
    }

    @Test(arguments: [#""credsStore":"vault""#, #""credHelpers":{"h.io":"vault"}"#])
    func `where a helper is named it keeps the login, and the file holds no secret`(member: String) async throws {
        let (text, machine) = try await login("{\(member)}", helpers: ["vault"])
        #expect(machine.runs.map(\.arguments) == [["store"]])
        #expect(
            machine.runs.first.map { String(decoding: $0.input, as: UTF8.self) }
                == #"{"ServerURL":"h.io","Username":"u","Secret":"p:w"}"# + "\n")
        let document = try JSON(Array(try #require(text).utf8))
        #expect(document["auths"] == .object(["h.io": .object([:])]))
    }

    @Test func `a helper that refuses leaves the file alone`() async throws {
        let machine = Machine(files: [Self.path: #"{"credsStore":"vault"}"#])
        machine.install("docker-credential-vault", printing: "locked", status: 1)
        let message = await failure {
            try await LoginKeeper(machine.context).store(user: "u", Secret("p"), for: RegistryHost("h.io"))
        }
        #expect(message == #"the credential helper "vault" exited with 1, asked about h.io; it said: "locked""#)
    }

    @Test func `a logout takes every spelling of the host out, and nothing else`() async throws {
        let before =
            #"{"auths":{"h.io":{},"https://h.io":{},"http://h.io/v1/":{},"h.io/team":{},"h.io:5000":{}},"x":1}"#
        let text = try #require(try await logout(before).text)
        #expect(try JSON(Array(text.utf8)) == JSON(Array(#"{"auths":{"h.io/team":{},"h.io:5000":{}},"x":1}"#.utf8)))
    }

    @Test func `a logout from Docker Hub finds its key`() async throws {
        let text = try #require(try await logout(#"{"auths":{"https://index.docker.io/v1/":{}}}"#, "docker.io").text)
        #expect(!text.contains("index.docker.io"))
    }

    @Test func `a logout asks the helper to forget`() async throws {
        let machine = try await logout(#"{"credsStore":"vault"}"#, helpers: ["vault"]).machine
        #expect(machine.runs.map(\.arguments) == [["erase"]])
    }

    @Test func `where a helper has no login, a logout fails only for those who expect one, and changes nothing`()
        async throws
    {
        let before = #"{"auths":{"h.io":{}},"credsStore":"vault"}"#
        let machine = Machine(files: [Self.path: before])
        machine.install(
            "docker-credential-vault", printing: "credentials not found in native keychain\n", status: 1)
        let keeper = try LoginKeeper(machine.context)
        await #expect(throws: CredentialError.self) { try await keeper.erase(RegistryHost("h.io"), expectsLogin: true) }
        #expect(try await keeper.erase(RegistryHost("h.io")).helper == "vault")
    }

    @Test func `a logout without a login changes nothing`() async throws {
        #expect(try await logout(nil).text == nil)
        #expect(try await logout(#"{"auths":{"g.io":{}}}"#).text == nil)
    }

    @Test func `a file that is none is not overwritten`() async throws {
        let message = await failure { try await login("hello") }
        #expect(message?.hasPrefix("parsing config file (\(Self.path)): ") == true)
    }
}
