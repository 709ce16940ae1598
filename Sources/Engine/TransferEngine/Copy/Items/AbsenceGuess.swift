// SPDX-License-Identifier: Apache-2.0

/// Whether it is worth asking a target what it has at an item's place, going by what it answered before.
///
/// Into a new mirror every such question is answered "nothing", and is one request in twelve. After 24 such answers only every 32nd item asks. The first answer that finds something ends this for the run. An
/// unchanged item that was not asked about is copied like a new one: its blobs are there, its manifest is sent again.
struct AbsenceGuess: Sendable {
    private var absent = 0
    private var hasFound = false
    /// Whether the last answer found something.
    private(set) var foundLast = false
    private var skipped = 0

    /// Answers without a finding before questions are left out.
    static let missesBeforeGivingUp = 24
    /// One item in this many still asks.
    static let sample = 32

    /// Whether the next item can go without asking; counts it as having done so.
    mutating func shouldSkipProbe() -> Bool {
        guard !hasFound, absent >= Self.missesBeforeGivingUp else { return false }
        skipped += 1
        return skipped % Self.sample != 0
    }

    mutating func answered(found: Bool) {
        foundLast = found
        if found { hasFound = true } else { absent += 1 }
    }
}
