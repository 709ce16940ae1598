// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import Foundation
import NIOCore
import OCI
import Testing

/// The client against the registry that Debian packages: what both our own sides might have got wrong alike.
@Suite(.enabled(if: DockerRegistry.program != nil, "needs docker-registry"))
struct DockerRegistryTests {
    private let image = SampleImage()

    @Test func `an image goes in, is mounted, listed and comes back`() async throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let network = try RegistryNetwork()
        let store = try network.store(registry.authority)
        try await registry.wait(for: store)
        for tag in ["v1", "v2"] { try await image.push(to: store, .app, tag: try Tag(tag)) }

        let again = try await store.admit(image.layer.descriptor, to: .app, from: .app)
        #expect(again.isPresent)
        let mounted = try await store.admit(image.layer.descriptor, to: .other, from: .app)
        #expect(mounted.isPresent)
        let absent = try await store.admit(SampleBlob(size: 9, seed: 3).descriptor, to: .other, from: .app)
        try await store.cancel(absent.session)

        #expect(try await store.manifest(.tag(try Tag("v1")), in: .app) == image.manifest)
        let summary = try await store.summary(of: .digest(image.manifest.digest), in: .app)
        #expect(summary?.digest == image.manifest.digest)
        let rest = try await store.blob(image.layer.descriptor, in: .app, from: 100_000)
        #expect(try await rest.collected() == Array(image.layer.bytes[100_000...]))
        #expect(try await store.tags(in: .app).map(\.name).sorted() == ["v1", "v2"])
        #expect(try await store.repositories().contains(.app))
        await network.shutdown()
    }

    @Test func `an upload goes on between two pieces, and its digest is checked at the end`() async throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let network = try RegistryNetwork()
        let store = try network.store(registry.authority)
        try await registry.wait(for: store)
        let blob = SampleBlob(size: 2 << 20, seed: 7)
        let opened = try await store.admit(blob.descriptor, to: .app, from: nil).session
        let first = ByteBuffer(bytes: blob.bytes[..<500_000])
        let acknowledged = try await store.append(BlobStream(buffers: [first]), length: 500_000, to: opened)

        let resumed = try await store.progress(of: acknowledged) ?? opened
        #expect(resumed.acknowledged == 500_000)
        let rest = ByteBuffer(bytes: blob.bytes[500_000...])
        let last = try await store.append(BlobStream(buffers: [rest]), length: Int64(rest.readableBytes), to: resumed)
        try await store.commit(blob.descriptor, last)
        let bytes = try await store.blob(blob.descriptor, in: .app, from: 0).collected()
        #expect(bytes == blob.bytes)
        await network.shutdown()
    }

    @Test func `what is missing is said in the registry's words`() async throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let network = try RegistryNetwork()
        let store = try network.store(registry.authority)
        try await registry.wait(for: store)
        let failure = await failure { try await store.manifest(.tag(try Tag("v9")), in: .app) }
        #expect(
            failure?.message
                == "GET http://\(registry.authority)/v2/team/app/manifests/v9: MANIFEST_UNKNOWN: manifest unknown; map[Tag:v9]"
        )
        await network.shutdown()
    }
}

/// A `docker-registry` process with a folder of its own.
private struct DockerRegistry {
    static let program = ["/usr/bin/docker-registry"].first { FileManager.default.isExecutableFile(atPath: $0) }

    let authority: String
    private let folder: URL
    private let process = Process()

    init() throws {
        // Below the ports that systems give to whoever asks for any, which the other tests do all the time.
        authority = "127.0.0.1:\(Int.random(in: 10_000..<20_000))"
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("transship-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = folder.appendingPathComponent("config.yml")
        let text = """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: "\(folder.path)/data"}}
            http: {addr: "\(authority)"}
            """
        try Data(text.utf8).write(to: configuration)
        process.executableURL = URL(fileURLWithPath: Self.program ?? "")
        process.arguments = ["serve", configuration.path]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    /// Returns when it answers; another process says so by nothing else.
    func wait(for store: RegistryStore) async throws {
        for _ in 0..<3000 {
            if (try? await store.ping()) != nil { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        try await store.ping()
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}
