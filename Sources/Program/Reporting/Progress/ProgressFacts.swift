// SPDX-License-Identifier: Apache-2.0

/// What is known about a run at one moment, ready to be shown.
package struct ProgressFacts: Sendable, Hashable {
    /// The items: their noun, and how many there are.
    package struct Items: Sendable, Hashable {
        package var noun = "item"
        package var total = 0
        /// Items that arrived or were already there.
        package var done = 0
        package var failed = 0

        package init() {}

        package var ended: Int { done + failed }
    }

    /// Bytes that have to be moved.
    package struct Bytes: Sendable, Hashable {
        package var done: Int64 = 0
        package var known: Int64 = 0
        /// Not all graphs are read yet: more bytes may turn out to be needed.
        package var isGrowing = false

        package init(done: Int64 = 0, known: Int64 = 0) {
            self.done = done
            self.known = known
        }
    }

    /// A registry as the run sees it.
    package struct Registry: Sendable, Hashable {
        package var name: String
        package var inFlight = 0
        /// The current limit of requests at once; nil if it is not known.
        package var limit: Int?
        package var wait: Wait?
        /// Seconds for which it has answered none of the requests under way; nil while it answers.
        package var silence: Double?

        package init(_ name: String) { self.name = name }
    }

    /// Why no requests are sent to a registry for a while.
    package struct Wait: Sendable, Hashable {
        package var reason: String
        package var seconds: Double
        /// The time of day at which the wait ends, for long waits.
        package var clockTime: String

        package init(_ reason: String, seconds: Double, clockTime: String) {
            self.reason = reason
            self.seconds = seconds
            self.clockTime = clockTime
        }
    }

    /// A blob under way.
    package struct Blob: Sendable, Hashable {
        /// The beginning of its digest.
        package var name: String
        package var target: String
        package var moved: Int64
        package var size: Int64

        package init(name: String, target: String, moved: Int64, size: Int64) {
            self.name = name
            self.target = target
            self.moved = moved
            self.size = size
        }
    }

    /// An item that failed.
    package struct Failure: Sendable, Hashable {
        package var name: String
        /// The reason in one word: `not-found`, `absent`; empty if there is none.
        package var kind: String
        package var message: String

        package init(_ name: String, kind: String = "", _ message: String) {
            self.name = name
            self.kind = kind
            self.message = message
        }

        package var text: String { [name, kind, message].filter { !$0.isEmpty }.joined(separator: ": ") }
    }

    /// What the run does: `copying`, `planning`.
    package var verb = "copying"
    /// The current part of the work, if the work has several parts.
    package var phase: String?
    package var items = Items()
    /// nil for work that is not measured in bytes.
    package var bytes: Bytes?
    /// Bytes that were moved, including repeated bytes.
    package var bytesMoved: Int64 = 0
    /// Requests sent so far; nil if they are not counted.
    package var requests: Int?
    /// Bytes a second in the last seconds.
    package var rate: Double = 0
    package var elapsed: Double = 0
    package var secondsLeft: Double?
    package var registries: [Registry] = []
    /// Blobs under way, the largest first.
    package var blobs: [Blob] = []
    /// The last failures, the oldest first.
    package var failures: [Failure] = []
    /// The run has ended.
    package var isFinal = false

    package init() {}

    /// The share of the work that is done, from 0 to 1. While graphs are discovered, unknown content counts as much as
    /// known content. nil while no bytes are planned but some may follow, because a share of items would drop when the
    /// first blob is planned.
    package var share: Double? {
        if isFinal, items.total > 0, items.ended == items.total { return 1 }
        guard items.total > 0 else { return nil }
        let byItems = Double(items.ended) / Double(items.total)
        if readsFirst { return (discovered + byItems) / 2 }
        guard let bytes else { return byItems }
        guard bytes.known > 0 else { return bytes.isGrowing ? nil : byItems }
        return min(1, Double(bytes.done) / Double(bytes.known) * discovered)
    }

    /// How much was read of what must be read to know all bytes, from 0 to 1.
    package var discovered = 1.0
    /// Everything is read before the first item can end. Reading is half of the work.
    package var readsFirst = false
}
