// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import NIOCore
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing
import TransshipTesting

@testable import TransshipKit

/// Two registries in this process, and what other packages see of this one.
struct Stage: Sendable {
    let source: StagedRegistry
    let target: StagedRegistry
    let transship: Transship

    /// A copy of `team/NAME:latest` to the same name at the target.
    func item(_ name: String = "app", platform: TransshipKit.Platform? = nil) throws -> CopyItem {
        try CopyItem(
            from: ImageReference("\(source.authority)/team/\(name)"),
            to: ImageReference("\(target.authority)/team/\(name)"), platform: platform)
    }
}

/// A registry whose content can be looked at and whose requests can be made to fail.
struct StagedRegistry: Sendable {
    let server: RegistryServer
    let faults: FaultyRegistry
    let storage: any RegistryStorage

    var authority: String { server.authority }

    /// Puts an image into `team/NAME`.
    func add(_ image: SampleImage, as name: String = "app", tags named: [OCI.Tag] = [.latest]) async throws {
        let repository = try Repository("team/\(name)")
        for (digest, bytes) in image.blobs { try await add(bytes, digest, to: repository) }
        for manifest in image.manifests {
            let tags = manifest.digest == image.root.digest ? named : []
            let stored = StoredManifest(manifest)
            try await storage.put(stored, tags: tags, in: repository)
        }
    }

    private func add(_ bytes: [UInt8], _ digest: OCI.Digest, to repository: Repository) async throws {
        let upload = try await storage.beginUpload(in: repository, digest.algorithm)
        let writer = try #require(try await storage.writer(for: upload, in: repository))
        try await writer.append(ByteBuffer(bytes: bytes))
        _ = try await writer.commit(as: digest)
    }

    /// Takes a blob out of `team/NAME`.
    func lose(_ digest: OCI.Digest, of name: String = "app") async throws {
        _ = try await storage.deleteBlob(digest, in: try Repository("team/\(name)"))
    }

    /// What `latest` names in `team/NAME`, as the library says it.
    func latest(_ name: String = "app") async throws -> String? {
        try await storage.digest(of: .latest, in: try Repository("team/\(name)"))?.text
    }
}

/// Starts both registries, with a login for each where users are given, and ends them.
func withStage<Value>(
    users: [String: String] = [:], tokens: Bool = false, credentials: Credentials = .none,
    stores: [String: any ContentStore] = [:], log: RunLog = RunLog(), _ body: (Stage) async throws -> Value
) async throws -> Value {
    let transship = try Transship(RegistryOptions(), credentials, stores: OwnStores(stores), log: log)
    let (source, target) = (try await staged(users, tokens), try await staged(users, tokens))
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(Stage(source: source, target: target, transship: transship)))
    } catch { result = .failure(error) }
    await transship.shutdown()
    await source.server.shutdown(grace: .zero)
    await target.server.shutdown(grace: .zero)
    return try result.get()
}

private func staged(_ users: [String: String], _ tokens: Bool) async throws -> StagedRegistry {
    let storage: any RegistryStorage = MemoryStorage()
    var configuration = RegistryConfiguration.patient(storage: .existing(storage))
    configuration.users = users
    configuration.tokens = tokens ? BearerTokenAuthenticator.Settings() : nil
    let holder = Holder()
    configuration.wrap = { base in
        let faulty = FaultyRegistry(base, rules: [])
        holder.registry.withLock { $0 = faulty }
        return faulty
    }
    let server = try await RegistryServer.start(configuration)
    let faults = try #require(holder.registry.withLock { $0 }, "the registry was not wrapped")
    return StagedRegistry(server: server, faults: faults, storage: storage)
}

private final class Holder: Sendable {
    let registry = Mutex<FaultyRegistry?>(nil)
}

/// A folder of its own for one test.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("transship-kit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

extension StoredManifest {
    /// As the registry keeps it when it is pushed.
    fileprivate init(_ content: ManifestContent) {
        let subject = try? Manifest(content.bytes, contentType: content.mediaType).subject
        let descriptor = Descriptor(
            mediaType: content.mediaType, digest: content.digest, size: Int64(content.bytes.count))
        self.init(
            digest: content.digest, mediaType: content.mediaType.essence, bytes: ByteBuffer(bytes: content.bytes),
            subject: subject?.digest,
            referrer: subject.map { _ in
                Referrer(digest: content.digest, artifactType: nil, descriptor: SampleImage.json(descriptor))
            })
    }
}

extension CopyResult {
    /// The digest that was copied, as text.
    var copied: String? { if case .copied(let digest) = outcome { digest.description } else { nil } }
}

extension SampleImage {
    /// The root's digest as text.
    var rootDigest: String { root.digest.text }
}
