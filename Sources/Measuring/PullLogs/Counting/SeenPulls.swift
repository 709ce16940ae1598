// SPDX-License-Identifier: Apache-2.0

/// Recognises pulls that were counted before, among the last one to two million: enough for exports that overlap, and
/// bounded, however long the log is.
struct SeenPulls {
    /// Fingerprints of 64 bits. Two pulls out of two million share one with a chance of 1 in 10 million.
    private var recent: Set<Int> = []
    private var older: Set<Int> = []
    private let generation: Int

    init(generation: Int = 1 << 20) { self.generation = generation }

    /// True the first time it is asked about an identity.
    mutating func isNew(_ bytes: ArraySlice<UInt8>, number: Int, at time: Instant? = nil) -> Bool {
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(number)
        hasher.combine(time)
        let fingerprint = hasher.finalize()
        if older.contains(fingerprint) || !recent.insert(fingerprint).inserted { return false }
        if recent.count == generation {
            older = recent
            recent = []
        }
        return true
    }
}
