// SPDX-License-Identifier: Apache-2.0

import Foundation
import TransshipKit

// The code of the library's doc comments. It is compiled, and not run: it names registries out there.

private func values(secret: String) throws -> [any Sendable] {
    let digest = try Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

    let source = try ImageReference("redis:7")
    let target = try source.moved(below: "registry.example/mirror")
    print(target)  // registry.example/mirror/redis:7

    let platform = try Platform("linux/arm64")

    let login = Credential.password(secret, user: "ci-bot")

    let item = try CopyItem(
        from: ImageReference("redis:7"), to: ImageReference("registry.example/mirror/redis:7"))

    return [digest, platform, login, item]
}

private func logins() throws -> Transship {
    let transship = try Transship(
        credentials: .ofThisMachine(variables: ProcessInfo.processInfo.environment))
    return transship
}

private func registryOptions() -> RegistryOptions {
    var registries = RegistryOptions()
    registries.insecureRegistries = ["registry.test:5000"]
    registries.requestsPerSecond = ["docker.io": 10]
    return registries
}

private func copyOptions() -> CopyOptions {
    var options = CopyOptions()
    options.verification = .layerContent
    options.bytesPerSecond = 50 << 20
    return options
}

private func verifyOptions() -> VerifyOptions {
    var options = VerifyOptions()
    options.verification = .layerContent  // Reads every byte.
    return options
}

private func oneImage(secret: String) async throws -> [CopyResult] {
    let transship = try Transship(credentials: .fixed(["registry.example": .password(secret, user: "ci")]))
    let item = try CopyItem(from: ImageReference("redis:7"), to: ImageReference("registry.example/mirror/redis:7"))
    let results = await transship.copy([item])
    await transship.shutdown()
    return results
}

private func shuttingDown(_ items: [CopyItem]) async throws -> [CopyResult] {
    let results = try await withTransship { transship in
        await transship.copy(items)
    }
    return results
}

private func ends(_ items: [CopyItem], with transship: Transship) async {
    let results = await transship.copy(items) { events in
        for await event in events {
            if case .itemFinished(let result) = event { print(result.item.target, result.outcome) }
        }
    }
    for result in results where result.error != nil { print(result.item.source, result.error?.hint ?? "") }
    for result in results {
        if case .copied(let digest) = result.outcome { print(result.item.target, "is", digest) }
    }
}

private func pauses(_ items: [CopyItem], with transship: Transship) async -> [CopyResult] {
    let results = await transship.copy(items) { events in
        for await event in events {
            if case .paused(let registry, let length) = event { print(registry, "pauses for", length) }
        }
    }
    return results
}

private func progress(_ events: RunEvents<CopyEvent>) async {
    var missing: Int64 = 0
    for await event in events {
        switch event {
        case .planned(_, let bytes): missing += bytes
        case .blobPlaced(_, let bytes, _, _): missing -= bytes
        case .itemFinished(let result): print(result.item.target, result.outcome, missing, "bytes left")
        default: break
        }
    }
}

private func cost(_ items: [CopyItem], with transship: Transship) async {
    let plan = await transship.plan(items)
    print(plan.bytesToSend, plan.stores.map(\.requests).reduce(0, +))
}

private func state(_ items: [CopyItem], with transship: Transship) async {
    let results = await transship.verify(items)
    for result in results where result.status != .whole { print(result.target, result.status, result.problems) }
}

private func errors(_ transship: Transship) async {
    do {
        print(try await transship.tags(of: "ghcr.io/acme/web"))
    } catch {
        if error.kind == .rateLimited { print("the registry counts pulls, and they are used up") }
    }
}

/// Stands for a bucket in examples.
private struct Bucket: Sendable {
    struct Object: Sendable {
        /// nil at the end.
        func read(upTo count: Int) async throws -> [UInt8]? { nil }
    }

    func open(_ name: String, bytes: Range<Int64>) async throws -> Object? { nil }
}

private struct BucketReader {
    let bucket: Bucket

    func blob(_ digest: Digest, bytes range: Range<Int64>, in repository: String) async throws -> BlobBytes? {
        guard let object = try await bucket.open("blobs/\(digest)", bytes: range) else { return nil }
        return AsyncThrowingStream { try await object.read(upTo: 1 << 20) }
    }
}

private func count(_ bytes: BlobBytes) async throws -> Int {
    var count = 0
    for try await piece in bytes { count += piece.count }
    return count
}

private func manifest(in row: (bytes: [UInt8], mediaType: String)) -> ImageManifest {
    let manifest = ImageManifest(bytes: row.bytes, mediaType: row.mediaType)
    return manifest
}
