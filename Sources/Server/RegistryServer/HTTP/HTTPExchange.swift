// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A request that is being handled, and its progress.
struct HTTPExchange {
    /// The maximum number of unread body bytes that are read and dropped to keep the connection. For more bytes, a new
    /// connection is cheaper.
    static let swallowedBodyLimit: Int64 = 4 << 20

    let head: HTTPRequestHead
    /// The length of the body in bytes; nil if the request does not name it.
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

    /// Whether the rest of the body is small enough to read and drop. If a client still waits for `100 Continue`, the
    /// connection cannot be kept: the client may send the body or not, so the server cannot know where the next request
    /// begins.
    var canKeepConnection: Bool {
        if isReceived { return true }
        if awaitsContinue { return false }
        guard let length else { return false }
        return length - receivedBytes <= Self.swallowedBodyLimit
    }
}

extension HTTPRequestHead {
    /// Whether the bytes after this request are not HTTP/1.1 any more. This server speaks no other protocol.
    fileprivate var asksToLeaveHTTP: Bool { method == .CONNECT || headers.contains(name: "upgrade") }
}

/// The length of a body as the request announces it.
enum BodyLength: Equatable {
    case known(Int64)
    case unknown
    case absurd

    /// nil if the length is not known.
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
