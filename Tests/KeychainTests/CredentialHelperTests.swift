// SPDX-License-Identifier: Apache-2.0

import Keychain
import OCI
import OutsidePrograms
import ProtocolCases
import RegistryAuth
import Testing

@Suite struct CredentialHelperTests {
    private static let file = "/home/u/.docker/config.json"

    private func machine(_ config: String = #"{"credsStore":"vault","auths":{"h.io":{"auth":"dTpw"}}}"#) -> Machine {
        Machine(files: [Self.file: config])
    }

    @Test func `a helper is asked for its server by Docker's protocol`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: #"{"ServerURL":"h.io","Username":"u","Secret":"s"}"#)
        let answer = try await machine.answer("h.io")
        #expect(answer.credential == .basic(user: "u", password: Secret("s")))
        #expect(answer.source == #"the credential helper "vault""#)
        let run = try #require(machine.runs.first)
        #expect(run.path == "/bin/docker-credential-vault")
        #expect(run.arguments == ["get"])
        #expect(run.input == Array("h.io".utf8))
        #expect(run.variables["HOME"] == "/home/u")
    }

    @Test func `Docker Hub is asked for by its old name`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: #"{"Username":"u","Secret":"s"}"#)
        _ = try await machine.answer("docker.io")
        #expect(machine.runs.first?.input == Array("https://index.docker.io/v1/".utf8))
    }

    @Test func `a user named <token> brings an identity token`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: #"{"Username":"<token>","Secret":"s"}"#)
        #expect(try await machine.answer("h.io").credential == .identityToken(Secret("s"), user: nil))
    }

    @Test func `a helper is run once for each registry, however many ask`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: #"{"Username":"u","Secret":"s"}"#)
        let keychain = try machine.keychain()
        let hosts = try ["h.io", "g.io"].map { try RegistryHost($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask { _ = try await keychain.credential(for: hosts[number % 2], repository: nil) }
            }
            try await group.waitForAll()
        }
        #expect(machine.runs.count == 2)
    }

    @Test func `a helper without a login means nobody, and no other entry is used`() async throws {
        let machine = machine()
        machine.install(
            "docker-credential-vault", printing: "credentials not found in native keychain\n", status: 1)
        let answer = try await machine.answer("h.io")
        #expect(answer.credential == nil)
        #expect(answer.source == nil)
        #expect(
            answer.hint == #"the credential helper "vault" that \#(Self.file) names has no login for h.io"#)
    }

    @Test func `a helper that fails is named, with its words`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: "the vault is \u{1B}[31msealed\n", status: 3)
        #expect(
            await failure { try await machine.answer("h.io") }
                == #"the credential helper "vault" exited with 3, asked about h.io; it said: "the vault is \u{1b}[31msealed""#
        )
    }

    @Test func `a failing helper's answer is not shown`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: #"{"Username":"u","Secret":"hunter2"}"#, status: 1)
        let message = await failure { try await machine.answer("h.io") }
        #expect(message == #"the credential helper "vault" exited with 1, asked about h.io"#)
    }

    @Test(arguments: [
        #"{"username":"u","SECRET":"s"}"#, #"{"Username":"u","Secret":"s"} and more"#,
        #"{"Username":"v","Username":"u","Secret":"s"}"#,
    ])
    func `an answer is read as Docker reads it`(answer: String) async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: answer)
        #expect(try await machine.answer("h.io").credential == .basic(user: "u", password: Secret("s")))
    }

    @Test func `a helper that answers nonsense is said to`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: "hunter2")
        #expect(
            await failure { try await machine.answer("h.io") }
                == #"the credential helper "vault" answered no JSON object when asked about h.io"#)
    }

    @Test(
        .covers("S15"),
        arguments: [
            (ProgramFailure.timedOut(.seconds(30)), "was ended after 30 s without an answer"),
            (.tooMuchOutput(limit: 65536), "was ended: it printed more than 65536 bytes"),
            (.notStarted("Permission denied"), "could not be started: Permission denied"),
        ])
    func `a helper that does not come to its end is named`(cause: ProgramFailure, words: String) async throws {
        let machine = machine()
        machine.install("docker-credential-vault") { _ throws(ProgramFailure) in throw cause }
        #expect(
            await failure { try await machine.answer("h.io") }
                == #"the credential helper "vault" \#(words), asked about h.io"#)
    }

    @Test(.covers("S14")) func `a helper that is not installed is named, and no other entry is used`() async throws {
        #expect(
            await failure { try await machine().answer("h.io") }
                == #"the credential helper "vault" is missing: no docker-credential-vault in PATH"#)
    }

    @Test func `another host's missing helper harms nobody`() async throws {
        let machine = machine(#"{"credHelpers":{"g.io":"gone"},"auths":{"h.io":{"auth":"dTpw"}}}"#)
        #expect(try await machine.user("h.io") == "u")
    }

    @Test(.covers("S15"), arguments: ["../../bin/sh -c", "a;b", "-x", "a/b", "", ".hidden", "sp ace", "ü"])
    func `a name that is no part of a file name is refused and nothing is run`(name: String) async throws {
        let machine = machine(JSON.object(["credHelpers": .object(["h.io": .string(name)])]).text)
        machine.install("docker-credential-" + name, printing: #"{"Username":"u","Secret":"s"}"#)
        _ = await failure { try await machine.answer("h.io") }
        #expect(machine.runs.isEmpty)
    }

    // MARK: Clouds

    @Test(arguments: [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ecr-login"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr-login"), ("public.ecr.aws", "ecr-login"),
        ("team.azurecr.io", "acr-env"),
    ])
    func `a cloud's helper is used where it is installed, and named where it is not`(
        host: String, helper: String
    ) async throws {
        let machine = Machine()
        let missing = try await machine.answer(host)
        #expect(missing.credential == nil)
        #expect(missing.hint?.contains("install docker-credential-\(helper)") == true)
        machine.install("docker-credential-" + helper, printing: #"{"Username":"AWS","Secret":"s"}"#)
        let found = try await machine.answer(host)
        #expect(found.credential == .basic(user: "AWS", password: Secret("s")))
        #expect(found.source == "the credential helper \"\(helper)\"")
    }

    @Test func `an entry beats the cloud's helper, whose failure is no failure`() async throws {
        let host = "1.dkr.ecr.eu-west-1.amazonaws.com"
        let machine = Machine(files: [Self.file: #"{"auths":{"\#(host)":{"auth":"dTpw"}}}"#])
        machine.install("docker-credential-ecr-login", printing: "no role", status: 1)
        #expect(try await machine.user(host) == "u")
        #expect(machine.runs.isEmpty)
        let other = try await machine.answer("2.dkr.ecr.eu-west-1.amazonaws.com")
        #expect(other.credential == nil)
        #expect(other.hint?.contains("exited with 1") == true)
    }

    @Test(arguments: ["amazonaws.com.evil.example", "azurecr.io.evil.example", "dkr.ecr.example"])
    func `a name that looks like a cloud's is not one`(host: String) async throws {
        let machine = Machine()
        machine.install("docker-credential-ecr-login", printing: #"{"Username":"AWS","Secret":"s"}"#)
        machine.install("docker-credential-acr-env", printing: #"{"Username":"AWS","Secret":"s"}"#)
        #expect(try await machine.answer(host).credential == nil)
        #expect(machine.runs.isEmpty)
    }

    // MARK: Keeping

    @Test func `storing and erasing go by the protocol as well`() async throws {
        let machine = machine()
        machine.install("docker-credential-vault", printing: "")
        let helper = try CredentialHelper("vault", machine.context)
        try await helper.store(user: "u", Secret("s\""), for: "h.io")
        try await helper.erase("h.io")
        let runs = machine.runs
        #expect(runs.map(\.arguments) == [["store"], ["erase"]])
        #expect(runs.first?.input == Array((#"{"ServerURL":"h.io","Username":"u","Secret":"s\""}"# + "\n").utf8))
        #expect(runs.last?.input == Array("h.io".utf8))
    }
}
