// SPDX-License-Identifier: Apache-2.0

/// When and how a blob is read over several connections at once.
///
/// One connection is enough for a source that sends as fast as the target takes; many sources (and the storage services
/// behind them) limit each connection. So every blob begins as one request, and is split when that turns out slow.
package struct RangeSettings: Sendable {
    /// Bytes still to come from which on it is worth it.
    package var worthwhile: Int64 = 64 << 20
    /// Connections for one blob.
    package var connections = 4
    /// Bytes of one request.
    package var size: Int64 = 4 << 20
    /// Streams from one store, split ones counted by their connections, beyond which none is split: what many streams
    /// together cannot do faster, more of them cannot either.
    package var streamsPerStore = 6
    /// How long a stream is watched before it is judged, before the split and after it.
    package var patience: Duration = .seconds(2)
    /// Blobs that may be split at the same time; each holds `connections` times `size` bytes.
    package var splitBlobs = 1

    /// More connections must be this much faster than one, or one is enough.
    static let gain = 1.3

    package init() {}
}

/// How fast bytes come, and who is waiting for whom.
struct SourcePace: Sendable {
    private let start: Duration
    private var bytes: Int64 = 0
    private var waited: Duration = .zero

    init(start: Duration) { self.start = start }

    /// Bytes arrived after the reader had waited for them this long.
    mutating func note(_ count: Int, after wait: Duration) {
        bytes += Int64(count)
        waited += wait
    }

    /// Bytes a second; nil before there is something to go by.
    func rate(at now: Duration, watching patience: Duration) -> Double? {
        let elapsed = now - start
        return elapsed >= patience && bytes > 0 ? Double(bytes) / (elapsed / .seconds(1)) : nil
    }

    /// Whether most of the time went by waiting for the source.
    func isStarving(at now: Duration) -> Bool { waited * 10 >= (now - start) * 7 }
}
