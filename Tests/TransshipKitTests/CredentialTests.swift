// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import TransshipKit
import TransshipTesting

@Suite struct CredentialTests {
    /// Remembers who asked.
    private final class Vault: CredentialProvider {
        let asked = Mutex<[String]>([])
        let password: String

        init(password: String) { self.password = password }

        func credential(for registry: String) async throws -> Credential? {
            asked.withLock { $0.append(registry) }
            return .password(password, user: "ci")
        }
    }

    private struct Sealed: Error, CustomStringConvertible { let description = "the vault is sealed" }

    private struct BrokenVault: CredentialProvider {
        func credential(for registry: String) async throws -> Credential? { throw Sealed() }
    }

    @Test(arguments: [false, true])
    func `asks a provider of one's own once for each registry`(tokens: Bool) async throws {
        let vault = Vault(password: "secret")
        try await withStage(users: ["ci": "secret"], tokens: tokens, credentials: .provider(vault)) { stage in
            for name in ["a", "b"] { try await stage.source.add(SampleImage(layers: [name], name: name), as: name) }
            let results = await stage.transship.copy(try [stage.item("a"), stage.item("b")])
            #expect(results.allSatisfy { $0.copied != nil })
            let authorities = [stage.source.authority, stage.target.authority].sorted()
            #expect(vault.asked.withLock { $0.sorted() } == authorities)
        }
    }

    @Test func `a login that is refused fails the image as unauthorized`() async throws {
        try await withStage(users: ["ci": "secret"], credentials: .provider(Vault(password: "wrong"))) { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            #expect(await stage.transship.copy([try stage.item()])[0].error?.kind == .unauthorized)
        }
    }

    @Test func `what a provider throws is in the image's error`() async throws {
        try await withStage(users: ["ci": "secret"], credentials: .provider(BrokenVault())) { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            let error = await stage.transship.copy([try stage.item()])[0].error
            #expect(error?.kind == .unauthorized)
            #expect(error?.message.contains("the vault is sealed") == true)
        }
    }

    @Test func `reads the login files of a machine`() async throws {
        try await withFolder { folder in
            let login = Data("ci:secret".utf8).base64EncodedString()
            // The file names the registries' ports, so it is written after they have started.
            try await withStage(
                users: ["ci": "secret"], credentials: .ofThisMachine(variables: ["DOCKER_CONFIG": folder])
            ) { stage in
                try await stage.source.add(SampleImage(layers: ["one"]))
                #expect(await stage.transship.copy([try stage.item()])[0].error?.kind == .unauthorized)
                let entries = [stage.source, stage.target].map { "\"\($0.authority)\":{\"auth\":\"\(login)\"}" }
                let text = "{\"auths\":{\(entries.joined(separator: ","))}}"
                try Data(text.utf8).write(to: URL(filePath: folder + "/config.json"))
                let results = try await withTransship(
                    credentials: .ofThisMachine(variables: ["DOCKER_CONFIG": folder])
                ) { await $0.copy([try stage.item()]) }
                #expect(results[0].copied != nil)
            }
        }
    }

    @Test func `a credential prints nothing of itself`() {
        let credential = Credential.password("hunter2", user: "ci")
        var dumped = ""
        dump(credential, to: &dumped)
        for text in ["\(credential)", String(reflecting: credential), dumped] { #expect(!text.contains("hunter2")) }
    }
}
