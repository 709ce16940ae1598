// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryAuth
import RegistryTransport
import Testing

/// Pushes to repositories that somebody has to make first.
@Suite struct MissingRepositoryTests {
    private let image = SampleImage()
    private static let google =
        "gcloud artifacts repositories create r --repository-format=docker --location=us --project=p"
    private static let unknown = #"{"errors":[{"code":"NAME_UNKNOWN","message":"Repository \"r\" not found"}]}"#
    private static let doubtful =
        #"{"errors":[{"code":"DENIED","message":"Permission \"x\" denied on resource \"r\" (or it may not exist)"}]}"#

    private func hints(
        _ host: String, _ repository: String, _ answer: ScriptedTransport.Answer, login: Bool = true
    ) async throws -> [String?] {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : answer }
        let credentials: any CredentialSource = login ? FixedCredential("ann", "secret") : NoCredentials()
        let store = try RegistryNetwork(wire, credentials: credentials).store(host, as: .target)
        let place = try Repository(repository)
        return [
            await failure { try await store.admit(image.layer.descriptor, to: place, from: nil) }?.hint,
            await failure { try await store.put(image.manifest, as: .ociManifest, at: .tag(.latest), in: place) }?.hint,
        ]
    }

    @Test(arguments: [
        ("us-docker.pkg.dev", "p/r/app", google),
        (
            "1.dkr.ecr.eu-west-1.amazonaws.com", "app",
            "aws ecr create-repository --repository-name app --region eu-west-1"
        ),
    ])
    func `the failure names the command that makes it`(host: String, repository: String, command: String) async throws {
        let told = "the repository is not there; this makes it: \(command)"
        for answer in [ScriptedTransport.Answer.json(Self.unknown, 404), .notFound] {
            #expect(try await hints(host, repository, answer) == [told, told])
        }
    }

    @Test func `a refusal that leaves it open says so`() async throws {
        let told = "if it is the repository that is missing, this makes it: \(Self.google)"
        #expect(try await hints("us-docker.pkg.dev", "p/r/app", .json(Self.doubtful, 403)) == [told, told])
    }

    @Test func `without a login, the login is what is missing`() async throws {
        let told = "no login for us-docker.pkg.dev was found; going without"
        #expect(
            try await hints("us-docker.pkg.dev", "p/r/app", .json(Self.doubtful, 403), login: false) == [told, told])
    }

    @Test(arguments: [
        ("r.io", "p/r/app", unknown), ("ghcr.io", "p/app", unknown),
        ("us-docker.pkg.dev", "p/r/app", #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"x"}]}"#),
    ])
    func `other registries and other answers get none`(host: String, repository: String, body: String) async throws {
        #expect(try await hints(host, repository, .json(body, 404)) == [nil, nil])
    }

    @Test func `a source that lacks it gets none`() async throws {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : .json(Self.unknown, 404) }
        let store = try RegistryNetwork(wire).store("us-docker.pkg.dev")
        let place = try Repository("p/r/app")
        #expect(await failure { try await store.manifest(.tag(.latest), in: place) }?.hint == nil)
    }
}
