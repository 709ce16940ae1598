// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import Keychain
import OCI
import RegistryAuth
import RegistryTasks
import Reporting

struct GetCredentialsCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "get", "[SERVER]", .atMost(1), summary: "print the login for a registry, as a credential helper does")
        spec.notes = ["Without SERVER, the registry is read from standard input."]
        spec.examples = [.init("What is known of a registry", "auth get registry.example")]
        return spec
    }

    func run() async throws {
        let text = try job.arguments.first ?? String(decoding: FileBytes.read("-"), as: UTF8.self)
        let host = try text.filter { !$0.isWhitespace }.registryHost()
        guard let credential = try await job.context.credential(for: host, usesGoogle: job.program != .crane) else {
            job.console.output("credentials not found in native keychain")
            throw SilentFailure()
        }
        job.console.output(String(decoding: credential.document.goBytes, as: UTF8.self))
    }
}

struct TokenCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "token", "REPO", .exactly(1), summary: "print a token for a repository",
            flags: [
                FlagSpec("header", short: "H", .bool, "print it as a header"),
                FlagSpec("push", .bool, "ask for pushing as well"),
                FlagSpec(
                    "mount", short: "m", .strings,
                    "a repository to read besides, for mounting from it; may be given several times"),
            ])
        spec.examples = [
            .init(
                "What goes with a request that curl makes",
                "auth token -H registry.example/app > header.txt; curl -H @header.txt ...")
        ]
        return spec
    }

    func run() async throws {
        let place = try job.arguments[0].repositoryPlace(nil)
        let others = try job.flags.texts("mount").flatMap { $0.split(separator: ",") }.map {
            try String($0).repositoryPlace(nil).repository
        }
        let answer = try await job.connected(connections: 1) { connections in
            try await connections.tokenDocument(
                place.registry, pushing: job.flags.bool("push"), to: place.repository, pullingFrom: others)
        }
        show(.registryToken(answer))
    }

    private func show(_ document: JSON) {
        guard job.flags.bool("header") else { return job.console.output(document.text) }
        job.console.output(bytes: Array("Authorization: Bearer \(document["token"]?.string ?? "")".utf8))
    }
}

extension JSON {
    /// A token service's answer with the members crane prints, in its order.
    fileprivate static func registryToken(_ answer: [UInt8]) -> JSON {
        let answer = (try? JSON(answer)) ?? .null
        let access = answer["access_token"]?.string
        var members = [Member(key: "token", value: .string(access ?? answer["token"]?.string ?? ""))]
        if let access { members.append(Member(key: "access_token", value: .string(access))) }
        members.append(Member(key: "refresh_token", value: .string(answer["refresh_token"]?.string ?? "")))
        members.append(Member(key: "expires_in", value: JSON(answer["expires_in"]?.integer ?? 0)))
        return .object(members)
    }
}

extension Credential {
    /// The login in the form of a credential helper's answer.
    fileprivate var document: JSON {
        let (user, secret): (String, Secret) =
            switch self {
            case .basic(let user, let password): (user, password)
            case .identityToken(let token, _, _): ("<token>", token)
            // The protocol cannot express the token.
            case .registryToken(_, let user, let password): (user ?? "", password ?? Secret(""))
            }
        let members = [("Username", user), ("Secret", secret.reveal())].filter { !$0.1.isEmpty }
        return .object(members.map { JSON.Member(key: $0.0, value: .string($0.1)) })
    }
}
