// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// State that is shared by a connection and the server's list of connections. Both read and write it.
final class ConnectionSlot: Sendable {
    /// The number of the connection in its registry, counted from 1.
    let number: Int
    private let crowd: Crowd
    /// The time since when the connection is idle, in nanoseconds of the steady clock; 0 while a request is handled.
    private let idleSince = Atomic<UInt64>(0)
    private let held: Atomic<Bool>

    init(number: Int = 1, crowd: Crowd = Crowd(), isHeld: Bool = false) {
        self.number = number
        self.crowd = crowd
        held = Atomic(isHeld)
    }

    /// Whether the connection waits for its turn. Nothing is read from it then.
    var isHeld: Bool { held.load(ordering: .acquiring) }

    func release() { held.store(false, ordering: .releasing) }

    /// Whether other connections wait for a place.
    var isCrowded: Bool { crowd.isWaiting.load(ordering: .relaxed) }

    func becomesIdle(at nanoseconds: UInt64) { idleSince.store(nanoseconds, ordering: .relaxed) }

    func becomesBusy() { idleSince.store(0, ordering: .relaxed) }

    /// The time since when the connection is idle, in nanoseconds; nil while it is busy.
    var idle: UInt64? {
        let since = idleSince.load(ordering: .relaxed)
        return since == 0 ? nil : since
    }

    /// Whether connections wait for a place. All connections of a server share it.
    final class Crowd: Sendable {
        let isWaiting = Atomic<Bool>(false)
    }
}
