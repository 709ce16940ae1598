/// The pulls of a source that counts them: no more at once than are left.
struct PullGate: Sendable {
    var running = 0
    /// As the source last said; nil where it does not count.
    var remaining: Int?
    /// What the source answered to one pull too many.
    var usedUp: TransferFailure?

    /// With none left, one at a time still asks: the source's answer says more than our count. So it is before the first answer of
    /// a source that is known to count.
    func isClosed(whereCounted isCounted: Bool) -> Bool {
        (remaining ?? (isCounted ? 0 : nil)).map { running >= max(1, $0) } ?? false
    }
}
