// SPDX-License-Identifier: Apache-2.0

/// How many bytes of blobs may be in memory at once: a blob that moves takes its share until it has arrived.
struct MemoryBudget: Sendable {
    let limit: Int64
    /// Bytes that one blob in transit has in buffers, at most: a handful of reads on its way from socket to socket.
    let perBlob: Int64
    private var taken: Int64 = 0

    init(limit: Int64, perBlob: Int64) {
        self.limit = max(limit, perBlob)
        self.perBlob = perBlob
    }

    /// Bytes that a blob of this size occupies while it moves.
    func share(of size: Int64) -> Int64 { min(max(size, 1), perBlob) }

    func fits(_ size: Int64) -> Bool { taken + share(of: size) <= limit }

    mutating func take(_ size: Int64) { taken += share(of: size) }
    mutating func give(_ size: Int64) { taken -= share(of: size) }
}
