// SPDX-License-Identifier: Apache-2.0

/// When and how a blob is read over several connections.
///
/// One connection is enough for a source that sends as fast as the target takes; many sources (and the storage services
/// behind them) limit each connection. So every blob begins as one request, and is split when that turns out slow.
package struct RangeSettings: Sendable {
    /// The fewest remaining bytes for which a blob is split.
    package var worthwhile: Int64 = 64 << 20
    /// A blob whose rest takes less time than this over one connection is not split. The new connections take some round
    /// trips to become as fast as the one, and only `watchTime` later it is known whether they help.
    package var worthwhileTime: Duration = .seconds(4)
    /// Connections for one blob.
    package var connections = 4
    /// Bytes of one request.
    package var size: Int64 = 4 << 20
    /// Blobs are not split while this many streams from one store are open; a split stream counts by its connections. If
    /// many streams together are slow, more streams are not faster.
    package var streamsPerStore = 6
    /// How long a stream is measured before it is judged, before the split and after it.
    package var watchTime: Duration = .seconds(2)
    /// Blobs that may be split at the same time; each holds `connections` times `size` bytes.
    package var splitBlobs = 1

    /// Several connections must be this many times as fast as one. Otherwise one is used.
    static let gain = 1.3

    package init() {}

    /// - Parameters:
    ///   - rest: bytes of a blob that have not arrived.
    ///   - rate: bytes a second over one connection.
    func isWorthwhile(_ rest: Int64, at rate: Double) -> Bool {
        rest >= worthwhile && Double(rest) >= rate * (worthwhileTime / .seconds(1))
    }
}

/// How fast bytes arrive, and whether the source or the reader is the bottleneck.
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

    /// Bytes per second; nil while there is too little to measure.
    func rate(at now: Duration, watching time: Duration) -> Double? {
        let elapsed = now - start
        return elapsed >= time && bytes > 0 ? Double(bytes) / (elapsed / .seconds(1)) : nil
    }

    /// Whether most of the time was spent waiting for the source.
    func isStarving(at now: Duration) -> Bool { waited * 10 >= (now - start) * 7 }
}
