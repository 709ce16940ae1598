// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOCore
import NIOHTTP1
import OCI
import RegistryAuth
import RegistryFaults
import RegistryServer
import RegistryTransport
import Synchronization

/// A registry on the loopback that fails as told, and a client of it.
struct Loopback: Sendable {
    let server: RegistryServer
    let faults: FaultyRegistry
    let network: RegistryNetwork
    let host: RegistryHost

    var store: RegistryStore { network.store(for: host) }
    var requests: [RecordedRequest] { faults.requests }

    /// `METHOD subject` of every request but pings, in order.
    var conversation: [String] {
        requests.filter { $0.subject != .ping }.map { "\($0.method.rawValue) \($0.subject.rawValue)" }
    }

    func count(_ subject: RequestMatch.Subject) -> Int { requests.count { $0.subject == subject } }
}

extension RegistryNetworkOptions {
    /// Waits for hours. While tests of other suites compute on all threads, a registry in this process answers nothing.
    static var patient: RegistryNetworkOptions {
        var options = RegistryNetworkOptions()
        options.stallLimits = .patient
        return options
    }
}

extension Duration {
    fileprivate static let patient = seconds(36_000)
}

extension StallLimits {
    fileprivate static var patient: StallLimits {
        var limits = StallLimits()
        (limits.head, limits.commit, limits.body, limits.sending) = (.patient, .patient, .patient, .patient)
        return limits
    }
}

/// Runs a test against a registry with the given script, and ends both sides.
func withRegistry<Result>(
    rules: [FaultRule] = [], habits: RegistryHabits? = nil, users: [String: String] = [:], tokens: Bool = false,
    everybodyPulls: Bool = false, storage: RegistryConfiguration.Storage = .memory,
    credentials: any CredentialSource = NoCredentials(), options: RegistryNetworkOptions = .patient,
    now: @escaping @Sendable () -> Duration = { .zero }, _ body: (Loopback) async throws -> Result
) async throws -> Result {
    var configuration = RegistryConfiguration.patient(storage: storage)
    configuration.users = users
    configuration.everybodyPulls = everybodyPulls
    configuration.tokens = tokens ? BearerTokenAuthenticator.Settings() : nil
    let holder = Holder()
    configuration.wrap = { base in
        let faulty = FaultyRegistry(
            habits.map { HabitualRegistry(base, $0, now: now) } ?? base, rules: rules)
        holder.registry.withLock { $0 = faulty }
        return faulty
    }
    let server = try await RegistryServer.start(configuration)
    var clock = NetworkClock.system
    clock.sleep = { _ in }
    let network = try RegistryNetwork(options: options, credentials: credentials, clock: clock)
    let loopback = Loopback(
        server: server, faults: holder.registry.withLock { $0 }!, network: network,
        host: try RegistryHost(server.authority))
    do {
        let result = try await body(loopback)
        await network.shutdown()
        await server.shutdown(grace: .zero)
        return result
    } catch {
        await network.shutdown()
        await server.shutdown(grace: .zero)
        throw error
    }
}

private final class Holder: Sendable {
    let registry = Mutex<FaultyRegistry?>(nil)
}

/// A login for every host.
struct FixedCredential: CredentialSource {
    let credential: Credential

    init(_ user: String, _ password: String) { credential = .basic(user: user, password: Secret(password)) }
    init(_ credential: Credential) { self.credential = credential }

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer { CredentialAnswer(credential) }
}

/// Content for tests, the same for the same seed.
struct SampleBlob {
    let bytes: [UInt8]
    let descriptor: Descriptor

    init(size: Int, seed: UInt8 = 1) {
        // One page over and over, with its number in front: quick to make without optimisation.
        let page = (0..<4096).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 8)) &+ seed }
        var bytes: [UInt8] = []
        while bytes.count < size { bytes += [UInt8(truncatingIfNeeded: bytes.count >> 12)] + page.dropFirst() }
        self.bytes = Array(bytes.prefix(size))
        descriptor = Descriptor(
            mediaType: .octetStream, digest: ContentHash.digest(of: self.bytes), size: Int64(size))
    }

    /// The bytes as they come from a source, in pieces.
    func stream(pieces: Int = 4) -> VerifiedBlob {
        VerifiedBlob(BlobStream(buffers: buffers(pieces)), expecting: descriptor)
    }

    func buffers(_ pieces: Int) -> [ByteBuffer] {
        guard !bytes.isEmpty else { return [] }
        let step = max(1, (bytes.count + pieces - 1) / pieces)
        return stride(from: 0, to: bytes.count, by: step).map {
            ByteBuffer(bytes: bytes[$0..<min($0 + step, bytes.count)])
        }
    }
}

struct SampleImage {
    let config = SampleBlob(size: 2_000, seed: 7)
    let layer = SampleBlob(size: 300_000, seed: 9)
    let manifest: ManifestContent

    init() {
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest.essence)",\
            "config":{"mediaType":"\(MediaType.ociConfig.essence)","digest":"\(config.descriptor.digest)","size":2000},\
            "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\(layer.descriptor.digest)",\
            "size":300000}]}
            """
        let bytes = Array(text.utf8)
        manifest = ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
    }

    func push(to store: RegistryStore, _ repository: Repository, tag: Tag = .latest) async throws {
        for blob in [config, layer] { try await store.push(blob, to: repository) }
        try await store.put(manifest, as: manifest.mediaType, at: .tag(tag), in: repository)
    }
}

extension RegistryStore {
    func push(_ blob: SampleBlob, to repository: Repository) async throws {
        guard case .session(let session, _) = try await admit(blob.descriptor, to: repository, from: nil) else {
            return
        }
        try await upload(blob.descriptor, into: session, bytes: blob.stream())
    }
}

extension OpenBlob {
    func collected() async throws -> [UInt8] {
        var result: [UInt8] = []
        for try await buffer in bytes { result += buffer.readableBytesView }
        return result
    }
}

extension Repository {
    static let app = named("team/app")
    static let other = named("team/other")

    private static func named(_ path: String) -> Repository {
        guard let repository = try? Repository(path) else { preconditionFailure("\(path) is no repository") }
        return repository
    }
}

/// What an operation failed with.
func failure<Result>(_ operation: () async throws -> Result) async -> ContentFailure? {
    do {
        _ = try await operation()
        return nil
    } catch {
        return error as? ContentFailure
    }
}
