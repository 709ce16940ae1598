// SPDX-License-Identifier: Apache-2.0

import Foundation
import TransshipKit

// The code of the pages about places. `MemoryStore` is run by `OwnStoreTests`.

/// Stands for a secret store in examples.
struct Vault: Sendable {
    func read(_ path: String) async throws -> (user: String, password: String)? { nil }
}

func whereImagesLive(vault: Vault) throws -> (Transship, RegistryOptions) {
    struct VaultCredentials: CredentialProvider {
        let vault: Vault

        func credential(for registry: String) async throws -> Credential? {
            guard let secret = try await vault.read("registries/\(registry)") else { return nil }
            return .password(secret.password, user: secret.user, lifetime: .seconds(3600))
        }
    }

    let transship = try Transship(credentials: .provider(VaultCredentials(vault: vault)))

    var registries = RegistryOptions()
    registries.variables = ProcessInfo.processInfo.environment
    registries.requestsPerSecond = ["docker.io": 10]
    return (transship, registries)
}

actor MemoryStore: ContentStore {
    private var blobs: [Digest: [UInt8]] = [:]
    private var manifests: [String: [ManifestName: ImageManifest]] = [:]

    func manifest(_ name: ManifestName, in repository: String) -> ImageManifest? { manifests[repository]?[name] }

    func blob(_ digest: Digest, bytes range: Range<Int64>, in repository: String) -> BlobBytes? {
        guard let blob = blobs[digest] else { return nil }
        let part = Array(blob.dropFirst(Int(range.lowerBound)).prefix(range.count))
        return AsyncThrowingStream { stream in
            stream.yield(part)
            stream.finish()
        }
    }

    func hasBlob(_ digest: Digest, size: Int64, in repository: String) -> Bool { blobs[digest]?.count == Int(size) }

    func store(_ bytes: BlobBytes, as digest: Digest, size: Int64, in repository: String) async throws {
        var blob: [UInt8] = []
        for try await piece in bytes { blob += piece }
        blobs[digest] = blob
    }

    func store(_ manifest: ImageManifest, tag: String?, in repository: String) {
        manifests[repository, default: [:]][.digest(manifest.digest)] = manifest
        if let tag { manifests[repository, default: [:]][.tag(tag)] = manifest }
    }

    func tags(in repository: String) -> [String] {
        (manifests[repository] ?? [:]).keys.compactMap { if case .tag(let tag) = $0 { tag } else { nil } }
    }
}

func yourOwnStore() async throws {
    let transship = try Transship(stores: ["memory.example": MemoryStore()])
    let source = try ImageReference("redis:7")
    let copy = try ImageReference("memory.example/cache/redis:7")
    let down = try CopyItem(from: source, to: copy)
    let up = try CopyItem(from: copy, to: ImageReference("registry.example/mirror/redis:7"))
    for item in [down, up] { print(await transship.copy([item])[0].outcome) }
    print(await transship.verify([down, up]).map(\.status))  // [whole, whole]
    await transship.shutdown()
}

func yourOwnStoreRefuses() throws {
    throw TransshipError(.denied, "the bucket refuses writes", hint: "give the role s3:PutObject")
}
