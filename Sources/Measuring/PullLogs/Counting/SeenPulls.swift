// SPDX-License-Identifier: Apache-2.0

/// Recognises pulls that were counted before, among the last one to two million. This is enough for exports that
/// overlap, and memory is bounded, however long the log is.
struct SeenPulls {
    /// Fingerprints of 64 bits. The probability that any two of two million pulls have the same fingerprint is 1 in 10
    /// million.
    private var recent: Set<Int> = []
    private var older: Set<Int> = []
    private let generation: Int

    init(generation: Int = 1 << 20) { self.generation = generation }

    /// Records an identity. Returns true the first time.
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
