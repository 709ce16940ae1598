// SPDX-License-Identifier: Apache-2.0

/// Decides from a target's former answers whether to ask it what it has at an item's place.
///
/// A new mirror answers every such question with "nothing", and one request in twelve is such a question. After 24 such
/// answers only every 32nd item asks. The first answer that finds something ends this for the run. An unchanged item whose
/// target was not asked is copied like a new one: its blobs are there, and its manifest is sent again.
struct AbsenceGuess: Sendable {
    private var absent = 0
    private var hasFound = false
    /// Whether the last answer found something.
    private(set) var foundLast = false
    private var skipped = 0

    /// After this many answers that found nothing, questions are skipped.
    static let missesBeforeGivingUp = 24
    /// One item in this many still asks.
    static let sample = 32

    /// Whether the next item begins without the question. Counts the item.
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
