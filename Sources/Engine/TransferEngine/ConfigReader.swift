// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI
import Waiting

/// Reads the configs of images, first for their diff IDs and then for the target. Each is read once while it stays in the
/// cache.
actor ConfigReader {
    /// A config's exact bytes, which match its digest.
    struct Config: Sendable {
        let bytes: [UInt8]
    }

    /// Bytes of the largest config that is read. Larger blobs are not configs.
    static let largest: Int64 = 8 << 20

    private let limit: Int
    private var reads = Flights<Digest, Config, ContentFailure>()
    private var kept: [Digest: Config] = [:]
    private var order: [Digest] = []
    private var bytes = 0

    init(limit: Int = 16 << 20) { self.limit = limit }

    /// - Parameter store: has the config in `repository`. It is asked only if the config is not in the cache.
    func config(
        _ descriptor: Descriptor, in repository: Repository, of store: any ContentSource
    ) async throws(ContentFailure) -> Config {
        while true {
            if let config = kept[descriptor.digest] { return config }
            // The other read may be from another store. Its failure says nothing about this store.
            if let other = reads[descriptor.digest] {
                if case .success(let config) = await end(other, of: descriptor.digest) { return config }
                continue
            }
            let own = reads.flight(for: descriptor.digest) { () async throws(ContentFailure) in
                Config(bytes: try await Self.read(descriptor, in: repository, of: store))
            }
            return try await end(own, of: descriptor.digest).get()
        }
    }

    private func end(
        _ read: SharedTask<Result<Config, ContentFailure>>, of digest: Digest
    ) async -> Result<Config, ContentFailure> {
        let result = await read.value()
        if reads.end(read, of: digest), case .success(let config) = result { keep(config, digest) }
        return result
    }

    private func keep(_ config: Config, _ digest: Digest) {
        kept[digest] = config
        order.append(digest)
        bytes += config.bytes.count
        while bytes > limit, order.count > 1, let dropped = kept.removeValue(forKey: order.removeFirst()) {
            bytes -= dropped.bytes.count
        }
    }

    private static func read(
        _ descriptor: Descriptor, in repository: Repository, of store: any ContentSource
    ) async throws(ContentFailure) -> [UInt8] {
        // No stream is opened for a blob that will not be read.
        guard descriptor.size <= largest else {
            throw ContentFailure(
                .tooLarge, "config \(descriptor.digest.short) has \(descriptor.size) bytes, more than \(largest)")
        }
        let stream =
            if let inline = descriptor.inlineContent {
                BlobStream(buffers: [ByteBuffer(bytes: inline)])
            } else {
                try await store.blob(descriptor, in: repository, from: 0).bytes
            }
        return try await VerifiedBlob(stream, expecting: descriptor)
            .collected(upTo: largest, named: "config \(descriptor.digest.short)")
    }
}
