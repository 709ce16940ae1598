// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// Counts requests and body bytes by origin, for the whole run.
package final class WireTally: Sendable {
    package struct Entry: Sendable, Hashable {
        package var requests = 0
        package var bytesSent: Int64 = 0
        package var bytesReceived: Int64 = 0
    }

    private let entries = Mutex<[WireOrigin: Entry]>([:])
    private let tokens = Mutex(0)

    package init() {}

    package var snapshot: [WireOrigin: Entry] { entries.withLock { $0 } }
    /// The requests to all origins together.
    package var requests: Int { entries.withLock { $0.values.saturatedSum(of: \.requests) } }

    /// The number of tokens that are being requested now.
    package var tokensAwaited: Int { tokens.withLock { $0 } }

    package func awaitToken() { tokens.withLock { $0 += 1 } }
    package func endAwaitingToken() { tokens.withLock { $0 -= 1 } }

    func change(_ origin: WireOrigin, _ change: (inout Entry) -> Void) {
        entries.withLock { change(&$0[origin, default: Entry()]) }
    }
}
