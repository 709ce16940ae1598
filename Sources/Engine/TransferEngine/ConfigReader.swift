// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// Reads the configs of images, each once while it fits: for their diff IDs, and then for the target.
actor ConfigReader {
    /// A config's exact bytes, whose digest is right.
    struct Config: Sendable {
        let bytes: [UInt8]
    }

    private enum Entry {
        /// Somebody is reading; who else wants it looks again afterwards.
        case reading(waiting: [CheckedContinuation<Void, Never>])
        case read(Config)
    }

    /// Larger ones are not configs but somebody's mistake.
    static let largest: Int64 = 8 << 20

    private let limit: Int
    private var entries: [Digest: Entry] = [:]
    private var order: [Digest] = []
    private var bytes = 0

    init(limit: Int = 16 << 20) { self.limit = limit }

    /// - Parameter store: has the config in `repository`; asked unless the config is at hand.
    func config(
        _ descriptor: Descriptor, in repository: Repository, of store: any ContentSource
    ) async throws(ContentFailure) -> Config {
        while let entry = entries[descriptor.digest] {
            if case .read(let config) = entry { return config }
            await withCheckedContinuation { wait(for: descriptor.digest, $0) }
        }
        entries[descriptor.digest] = .reading(waiting: [])
        do throws(ContentFailure) {
            let config = Config(bytes: try await Self.read(descriptor, in: repository, of: store))
            wake(descriptor.digest)
            keep(config, descriptor.digest)
            return config
        } catch {
            wake(descriptor.digest)
            throw error
        }
    }

    private func wait(for digest: Digest, _ continuation: CheckedContinuation<Void, Never>) {
        guard case .reading(let waiting) = entries[digest] else { return continuation.resume() }
        entries[digest] = .reading(waiting: waiting + [continuation])
    }

    private func wake(_ digest: Digest) {
        guard case .reading(let waiting) = entries.removeValue(forKey: digest) else { return }
        for continuation in waiting { continuation.resume() }
    }

    private func keep(_ config: Config, _ digest: Digest) {
        entries[digest] = .read(config)
        order.append(digest)
        bytes += config.bytes.count
        while bytes > limit, order.count > 1, case .read(let dropped) = entries.removeValue(forKey: order.removeFirst())
        {
            bytes -= dropped.bytes.count
        }
    }

    private static func read(
        _ descriptor: Descriptor, in repository: Repository, of store: any ContentSource
    ) async throws(ContentFailure) -> [UInt8] {
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
        let blob = VerifiedBlob(stream, expecting: descriptor)
        var bytes: [UInt8] = []
        do {
            for try await buffer in blob { bytes.append(contentsOf: buffer.readableBytesView) }
        } catch {
            throw blob.failure ?? ContentFailure(.unavailable, "reading config \(descriptor.digest.short) broke off")
        }
        return bytes
    }
}
