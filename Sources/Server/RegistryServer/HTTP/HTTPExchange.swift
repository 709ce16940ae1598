// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A request in hand, and how far it is.
struct HTTPExchange {
    /// The most bytes of an unread body that are swallowed to keep the connection. For more, a new connection is cheaper.
    static let swallowedBodyLimit: Int64 = 4 << 20

    let head: HTTPRequestHead
    /// The length of the body in bytes; nil where the request does not say it.
    let length: Int64?
    let body: RequestBodySource
    var receivedBytes: Int64 = 0
    var isReceived = false
    var isAnswered = false
    var awaitsContinue: Bool
    var keepsAlive: Bool

    init(_ head: HTTPRequestHead, length: Int64?, body: RequestBodySource) {
        self.head = head
        self.length = length
        self.body = body
        awaitsContinue =
            head.version.minor > 0
            && head.headers.first(name: "expect").map { $0.lowercased() == "100-continue" } ?? false
        keepsAlive = head.isKeepAlive && !head.asksToLeaveHTTP
    }

    /// Whether the rest of the body is little enough to swallow. A client that still waits for `100 Continue` may send the
    /// body or not: nobody can know where its next request begins.
    var canKeepConnection: Bool {
        if isReceived { return true }
        if awaitsContinue { return false }
        guard let length else { return false }
        return length - receivedBytes <= Self.swallowedBodyLimit
    }
}

extension HTTPRequestHead {
    /// After such a request the bytes of the connection are no HTTP/1.1 any more, and nobody here speaks anything else.
    fileprivate var asksToLeaveHTTP: Bool { method == .CONNECT || headers.contains(name: "upgrade") }
}

/// How long a request says its body is.
enum BodyLength: Equatable {
    case known(Int64)
    case unknown
    case absurd

    /// nil where the length is not known.
    var bytes: Int64? { if case .known(let bytes) = self { bytes } else { nil } }

    init(_ head: HTTPRequestHead) {
        if head.headers.contains(name: "transfer-encoding") {
            self = .unknown
        } else if let text = head.headers.first(name: "content-length") {
            self = Int64(digits: text).map(BodyLength.known) ?? .absurd
        } else {
            self = .known(0)
        }
    }
}
