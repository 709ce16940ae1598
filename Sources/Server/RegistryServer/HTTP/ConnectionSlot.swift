// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What one connection and the server's count of connections know of each other. Read and written from both sides.
final class ConnectionSlot: Sendable {
    /// Counts the connections of one registry, from 1.
    let number: Int
    private let crowd: Crowd
    /// Nanoseconds of the steady clock; 0 while a request is in hand.
    private let idleSince = Atomic<UInt64>(0)
    private let held: Atomic<Bool>

    init(number: Int = 1, crowd: Crowd = Crowd(), isHeld: Bool = false) {
        self.number = number
        self.crowd = crowd
        held = Atomic(isHeld)
    }

    /// Whether the connection waits for its turn: nothing is read from it.
    var isHeld: Bool { held.load(ordering: .acquiring) }

    func release() { held.store(false, ordering: .releasing) }

    /// Whether other connections wait for this one to end.
    var isCrowded: Bool { crowd.isWaiting.load(ordering: .relaxed) }

    func becomesIdle(at nanoseconds: UInt64) { idleSince.store(nanoseconds, ordering: .relaxed) }

    func becomesBusy() { idleSince.store(0, ordering: .relaxed) }

    /// Since when the connection has been idle; nil while it is busy.
    var idle: UInt64? {
        let since = idleSince.load(ordering: .relaxed)
        return since == 0 ? nil : since
    }

    /// Whether connections wait for a place, for all connections of a server to see.
    final class Crowd: Sendable {
        let isWaiting = Atomic<Bool>(false)
    }
}
