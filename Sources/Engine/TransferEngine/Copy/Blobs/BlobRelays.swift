// SPDX-License-Identifier: Apache-2.0

/// What decides how small blobs get to a target store.
struct BlobRelays: Sendable {
    /// Blobs that are being read for the target, or are in memory and wait to be stored there.
    var underWay = 0
    private var askedEarly = 0
    private var absentInRow = 0

    /// After so many blobs in a row that the target did not have, it is expected to lack the next one.
    static let row = 8

    var expectsAbsence: Bool { absentInRow >= Self.row }

    mutating func answered(found: Bool) { absentInRow = found ? 0 : absentInRow + 1 }

    /// Whether the target is asked for the next blob before there is room to move it. Counts the blob.
    ///
    /// The first blobs are enough to learn what the target lacks and to open half of its connections. A target that mounts
    /// need not be asked for the later ones.
    mutating func asksEarly(over connections: Int) -> Bool {
        guard askedEarly < connections / 2 else { return false }
        askedEarly += 1
        return true
    }
}
