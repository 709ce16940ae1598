// SPDX-License-Identifier: Apache-2.0

/// How much of a run a client has been told, as the `id` of an event: `RUN-POSITION`.
struct LivePlace: Sendable, Hashable, CustomStringConvertible {
    /// Names one run of one server, so that a page of an earlier one is not fed with this one's events.
    var run: String
    /// Ends of items that were told.
    var position: Int
    /// The version of the page's parts that was told; 0 for none.
    var version = 0

    init(run: String, position: Int) {
        self.run = run
        self.position = position
    }

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let position = Int(parts[1]), position >= 0 else { return nil }
        self.init(run: String(parts[0]), position: position)
    }

    var description: String { "\(run)-\(position)" }
}
