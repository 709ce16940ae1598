// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import Foundation
import NIOCore
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing
import TransshipTesting

/// A source and a target under their real names: the program reaches them by TLS through a proxy, with a login for the target.
struct RegistryWorld: Sendable {
    let scratch: Scratch
    let source: PlayedRegistry
    let target: PlayedRegistry
    private let proxy: LoopbackProxy
    private let certificate: Certificate

    /// A host to which registries send on: the target's machine.
    static let elsewhere = "elsewhere.example"

    /// Runs a test in such a world. Every repository that the source has is there beforehand, the target is empty.
    static func with(
        _ journey: Journey, _ body: (RegistryWorld) async throws -> Void
    ) async throws {
        let scratch = try Scratch()
        let hosts = [journey.source.host, journey.target.host].flatMap { [$0, "*.\($0)"] }
        let certificate = try await Certificate(scratch, names: hosts + [elsewhere])
        let source = try await PlayedRegistry(journey.source, certificate, everybodyPulls: true)
        let target = try await PlayedRegistry(journey.target, certificate, everybodyPulls: false)
        let ports = (source: source.server.port, target: target.server.port)
        do {
            try await LoopbackProxy.serving { request in
                let host = request.target.prefix { $0 != ":" }
                return host.hasSuffix(journey.source.host) ? ports.source : ports.target
            } _: { proxy in
                let world = RegistryWorld(
                    scratch: scratch, source: source, target: target, proxy: proxy, certificate: certificate)
                try world.writeLogin()
                try await body(world)
            }
        } catch {
            await source.end()
            await target.end()
            throw error
        }
        await source.end()
        await target.end()
    }

    private func writeLogin() throws {
        let login = Data("\(PlayedRegistry.user):\(PlayedRegistry.password)".utf8).base64EncodedString()
        let host = target.personality.host == "docker.io" ? "https://index.docker.io/v1/" : target.personality.host
        _ = try scratch.write("config.json", #"{"auths":{"\#(host)":{"auth":"\#(login)"}}}"#)
    }

    private var environment: [String: String] {
        [
            "HOME": scratch.path, "DOCKER_CONFIG": scratch.path, "XDG_STATE_HOME": scratch.path,
            "XDG_RUNTIME_DIR": scratch.path, "SSL_CERT_FILE": certificate.authority,
            "HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)", "NO_PROXY": "", "GCE_METADATA_HOST": "127.0.0.1:1",
            "GOOGLE_APPLICATION_CREDENTIALS": "", "DOCKER_AUTH_CONFIG": "", "REGISTRY_AUTH_FILE": "",
            "PATH": "/usr/bin:/bin",
        ]
    }

    /// Few connections: handshakes are most of what such a run costs.
    private static let pace = ["--connections-per-registry", "1"]

    func transship(_ arguments: [String]) async throws -> Finished {
        try await Tool.run(
            Tool.products.appending(path: "transship").path, arguments + Self.pace, environment: environment)
    }

    /// Kills the program once it has said this on standard error.
    func killed(_ arguments: [String], at marker: @Sendable (String) -> Bool) async throws -> Finished {
        try await Tool.signalled(
            SIGKILL, arguments + Self.pace, atLine: 1, environment: environment, matching: marker)
    }

    /// A list of images of the source, each with its place at the target.
    ///
    /// - Parameter repository: where all of them go, each under a tag of its own; nil: each where it is called the same.
    func list(_ names: [String], into repository: String? = nil) throws -> String {
        let lines = names.map { name in
            let place = repository.map { "\(target.name($0)):\(name)" } ?? "\(target.name(name)):1"
            return "\(source.name(name)):1 \(place)\n"
        }
        return try scratch.write("images.txt", lines.joined())
    }

    func forgetRequests() {
        source.faults.forgetRequests()
        target.faults.forgetRequests()
    }
}

/// An embedded registry with the habits of another.
struct PlayedRegistry: Sendable {
    static let (user, password) = ("mirror", "of the target alone")

    let personality: Personality
    let server: RegistryServer
    let faults: FaultyRegistry
    private let storage = MemoryStorage()

    init(_ personality: Personality, _ certificate: Certificate, everybodyPulls: Bool) async throws {
        self.personality = personality
        let holder = FaultHolder()
        var configuration = RegistryConfiguration.patient(storage: .existing(storage))
        configuration.tls = .init(certificatePath: certificate.chain, keyPath: certificate.key)
        configuration.users = [Self.user: Self.password]
        configuration.tokens = BearerTokenAuthenticator.Settings()
        configuration.everybodyPulls = everybodyPulls
        configuration.wrap = { holder.hold(FaultyRegistry(HabitualRegistry($0, personality.habits))) }
        server = try await RegistryServer.start(configuration)
        faults = holder.registry
    }

    func end() async { await server.shutdown(grace: .zero) }

    func name(_ image: String) -> String { "\(personality.host)/\(personality.path)/\(image)" }

    func repository(_ image: String) throws -> Repository { try Repository("\(personality.path)/\(image)") }

    /// Puts an image there, and what refers to it, past all habits.
    func place(_ image: SampleImage, as name: String, tag: String = "1", referrers: [SampleImage] = []) async throws {
        try await stocking { store in try await store.place(image, in: try repository(name), tag: tag) }
        if !referrers.isEmpty { try await place(referrers: referrers, of: image, in: name) }
    }

    /// Puts there what refers to an image, listed as the registry does it.
    func place(referrers: [SampleImage], of image: SampleImage, in name: String) async throws {
        try await stocking { store in
            let repository = try repository(name)
            for referrer in referrers {
                try await store.place(referrer, in: repository, tag: "transient")
                try await store.delete(.tag(try Tag("transient")), in: repository)
            }
            guard !personality.habits.knowsReferrers else { return }
            try await store.place(.list(of: referrers), in: repository, tag: "sha256-\(image.root.digest.hex)")
        }
    }

    /// Puts images there that share a layer.
    ///
    /// - Returns: what they are called.
    func placeImages(_ count: Int) async throws -> [String] {
        let names = (1...count).map { "image\($0)" }
        try await stocking { store in
            for name in names {
                try await store.place(SampleImage(layers: ["base", name], name: name), in: try repository(name))
            }
        }
        return names
    }

    private func stocking(_ body: (RegistryStore) async throws -> Void) async throws {
        let server = try await RegistryServer.start(.patient(storage: .existing(storage)))
        let network = try RegistryNetwork()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(network.store(for: try RegistryHost(server.authority), as: .target)))
        } catch {
            result = .failure(error)
        }
        await network.shutdown()
        await server.shutdown(grace: .zero)
        try result.get()
    }

    func digest(_ name: String, tag: String = "1") throws -> Digest? {
        try storage.digest(of: Tag(tag), in: repository(name))
    }

    /// Whether everything that an image consists of is here.
    func holds(_ image: SampleImage, as name: String) throws -> Bool {
        let repository = try repository(name)
        for manifest in image.manifests {
            guard storage.manifest(manifest.digest, in: repository) != nil else { return false }
        }
        for digest in image.blobs.keys {
            guard storage.blobSize(digest, in: repository) != nil else { return false }
        }
        return try digest(name) == image.root.digest
    }

    /// What the registry lists as referring to an image, by its own list or by the tag that stands for one.
    func referrers(of image: SampleImage, in name: String) throws -> Set<Digest> {
        let repository = try repository(name)
        if personality.habits.knowsReferrers {
            let page = storage.referrers(of: image.root.digest, in: repository, filling: ReferrerPage())
            return Set(page.entries.map(\.digest))
        }
        guard let tag = try digest(name, tag: "sha256-\(image.root.digest.hex)"),
            let list = storage.manifest(tag, in: repository)
        else { return [] }
        return Set(try Manifest(list.bytes.readableBytesView, contentType: .ociIndex).children.map(\.digest))
    }
}

// MARK: - What was asked

extension PlayedRegistry {
    /// What a registry counts as pulls: manifests that it gave. A list of referrers under a tag can be read in no other way;
    /// those that count pulls have lists of their own.
    var pulls: [String] {
        faults.requests.filter { $0.method == .GET && $0.subject == .manifest && $0.status == .ok }.map(\.target)
            .filter { personality.habits.knowsReferrers || $0.wholeMatch(of: #/.*\/sha256-[0-9a-f]{64}/#) == nil }
    }
    var blobsRead: Int { faults.requests.count { $0.method == .GET && $0.subject == .blob && $0.status == .ok } }

    /// Everything that changes something, or begins to.
    var writes: [String] {
        faults.requests.filter { ![.GET, .HEAD].contains($0.method) && $0.subject != .token }.map {
            "\($0.method.rawValue) \($0.target)"
        }
    }

    /// Blobs of which the end of an upload was acknowledged, each with its repository.
    var blobsTaken: Set<String> {
        let ends = faults.requests.filter { $0.subject == .upload && $0.status == .created }
        return Set(ends.map { "\($0.path.split(separator: "/").dropLast(3)) \($0.query["digest"] ?? "")" })
    }

    /// Whether the login of the target was shown here.
    var sawLogin: Bool {
        faults.requests.contains { request in request.headers["Authorization"].contains { $0.hasPrefix("Basic") } }
    }
}

final class FaultHolder: Sendable {
    private let held = Mutex<FaultyRegistry?>(nil)

    var registry: FaultyRegistry {
        guard let registry = held.withLock({ $0 }) else { preconditionFailure("the registry was not started") }
        return registry
    }

    func hold(_ registry: FaultyRegistry) -> FaultyRegistry {
        held.withLock { $0 = registry }
        return registry
    }
}

extension SampleImage {
    /// The index that stands for a list of referrers.
    static func list(of referrers: [SampleImage]) -> SampleImage {
        SampleImage(
            index: [],
            extra: referrers.map {
                Descriptor(mediaType: $0.root.mediaType, digest: $0.root.digest, size: Int64($0.root.bytes.count))
            })
    }
}
