// SPDX-License-Identifier: Apache-2.0

/// The bytes of blobs that may be in memory at once. A moving blob holds its share until it has arrived.
struct MemoryBudget: Sendable {
    let limit: Int64
    /// The most bytes that one moving blob has in buffers: a few reads between two sockets.
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
