// SPDX-License-Identifier: Apache-2.0

import OCI

/// Receives every request and answer, in texts that are safe to show.
package struct WireLog: Sendable {
    package let record: @Sendable (WireEvent) -> Void

    package init(_ record: @escaping @Sendable (WireEvent) -> Void) { self.record = record }
}

package enum WireEvent: Sendable {
    case sending(WireExchange)
    case received(WireExchange, status: Int, headers: WireHeaders, body: ShownBody, after: Duration)
    case failed(WireExchange, WireFailure, after: Duration)
}

/// The request side of a logged exchange. Its URL and headers redact themselves when printed.
package struct WireExchange: Sendable {
    /// Identifies the exchange among concurrent ones. Counts from 1 in each transport.
    package let number: Int
    package let method: WireRequest.Method
    package let url: WireURL
    package let headers: WireHeaders
    package let body: ShownBody
}

/// A body for the log. It is printed without secrets and control characters, and shortened.
package enum ShownBody: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    case none
    case bytes([UInt8])
    case hidden(reason: String)

    package var description: String { text { $0 } }

    /// The printed form, without secrets that the caller knows.
    ///
    /// - Parameter hide: removes those secrets, before the text is shortened.
    package func text(hiding hide: ([UInt8]) -> [UInt8]) -> String {
        switch self {
        case .none: ""
        case .bytes(let bytes):
            String(decoding: hide(bytes).prefix(4 * Self.shownLength), as: UTF8.self).withoutSecrets
                .displayable(limit: Self.shownLength)
        case .hidden(let reason): "[body redacted: \(reason)]"
        }
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(reflecting: description) }

    private static let shownLength = 1 << 16
}
