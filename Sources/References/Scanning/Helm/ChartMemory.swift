// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What files of charts came to, by their content: all templates of a chart have the same values and helpers.
struct ChartMemory: Sendable {
    let definitions = ContentMemory<[String: String]>()
    let findings = ContentMemory<[Finding]>()
}

/// What was made of contents that come again and again.
final class ContentMemory<Value: Sendable>: Sendable {
    private let known = Mutex<[[UInt8]: Value]>([:])

    /// - Parameter make: called where the content is new, or was forgotten.
    func value(of content: [UInt8], _ make: () -> Value) -> Value {
        if let known = known.withLock({ $0[content] }) { return known }
        let made = make()
        known.withLock { known in
            // A scan goes from chart to chart: what was kept of earlier ones is of no use any more.
            if known.count >= 32 { known.removeAll() }
            known[content] = made
        }
        return made
    }
}
