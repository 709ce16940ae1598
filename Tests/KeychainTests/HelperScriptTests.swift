// SPDX-License-Identifier: Apache-2.0

import Foundation
import Keychain
import OCI
import OutsidePrograms
import RegistryAuth
import Testing

/// Helpers as programs of this machine: small scripts.
@Suite struct HelperScriptTests {
    /// Asks a keychain whose default helper is this script.
    private func answer(
        _ script: String, time: Duration = .seconds(60)
    ) async throws -> CredentialAnswer {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("transship-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appendingPathComponent("docker-credential-script")
        try await install(script, at: program.path)
        var context = Machine(
            files: ["/home/u/.docker/config.json": #"{"credsStore":"script"}"#],
            variables: ["PATH": "\(folder.path):/usr/bin:/bin"]
        ).context
        context.programs = SystemPrograms()
        context.programLimits.time = time
        return try await Keychain(context).credential(for: RegistryHost("h.io"), repository: nil)
    }

    /// Another process writes the script. If this one did, a child that another test starts at the same moment could inherit the open
    /// file, and the system does not start a program that is open for writing (execve(2), ETXTBSY).
    private func install(_ script: String, at path: String) async throws {
        let write = OutsideProgram(
            path: "/bin/sh", arguments: ["-c", #"cat >"$0" && chmod 755 "$0""#, path],
            variables: ["PATH": "/usr/bin:/bin"], input: Array("#!/bin/sh\n\(script)\n".utf8))
        try #require(try await SystemPrograms().run(write).ending == .exit(0))
    }

    @Test func `a script that reads its server and answers is understood`() async throws {
        let answer = try await answer(#"read server; printf '{"Username":"%s %s","Secret":"s"}' "$1" "$server""#)
        #expect(answer.credential == .basic(user: "get h.io", password: Secret("s")))
    }

    @Test func `one that leaves something running behind it is not waited for`() async throws {
        // Were it waited for, the limit would end it.
        let answer = try await answer(#"sleep 100 & echo '{"Username":"u","Secret":"s"}'"#)
        #expect(answer.credential == .basic(user: "u", password: Secret("s")))
    }

    @Test(arguments: [
        ("exec sleep 600", "was ended after 0.2 s without an answer, asked about h.io"),
        ("exec yes >&2", "was ended after 0.2 s without an answer, asked about h.io"),
    ])
    func `one that hangs is ended and named`(script: String, words: String) async throws {
        let message = await failure { try await answer(script, time: .milliseconds(200)) }
        #expect(message == #"the credential helper "script" \#(words)"#)
    }

    @Test(arguments: [
        ("head -c 10485760 /dev/zero", "was ended: it printed more than 65536 bytes, asked about h.io"),
        ("echo no role found; exit 7", #"exited with 7, asked about h.io; it said: "no role found""#),
        ("echo no role found >&2; exit 1", #"exited with 1, asked about h.io; it said: "no role found""#),
        ("kill -KILL $$", "was ended by signal 9, asked about h.io"),
    ])
    func `one that fails is named, with its words`(script: String, words: String) async throws {
        let message = await failure { try await answer(script) }
        #expect(message == #"the credential helper "script" \#(words)"#)
    }
}
