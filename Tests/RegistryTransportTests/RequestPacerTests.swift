// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import RegistryTransport

@Suite struct RequestPacerTests {
    @Test func `requests of one origin get turns that are evenly spread, and others none`() throws {
        let slow = try WireOrigin(scheme: .https, authority: "slow.example")
        let quick = try WireOrigin(scheme: .https, authority: "quick.example")
        let start = ContinuousClock.now
        let now = Mutex(start)
        let pacer = RequestPacer(interval: { $0 == slow ? .seconds(2) : nil }, now: { now.withLock { $0 } })
        #expect(pacer.turn(slow) == nil)
        #expect(pacer.turn(slow) == start + .seconds(2))
        #expect(pacer.turn(quick) == nil && pacer.turn(quick) == nil)
        // What comes at the rate by itself does not wait.
        for step in [4, 6, 8] {
            now.withLock { $0 = start + .seconds(step) }
            #expect(pacer.turn(slow) == nil)
        }
    }
}
