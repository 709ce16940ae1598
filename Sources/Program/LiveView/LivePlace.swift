// SPDX-License-Identifier: Apache-2.0

/// How much of a run a client has received, as the `id` of an event: `RUN-POSITION`.
struct LivePlace: Sendable, Hashable, CustomStringConvertible {
    /// The name of one run of one server, so that the page of an earlier run does not get the events of this one.
    var run: String
    /// The number of item ends that the client has received.
    var position: Int
    /// The version of the page's parts that the client has received; 0: none.
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
