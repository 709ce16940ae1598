// SPDX-License-Identifier: Apache-2.0

package import Files
package import NIOCore
package import NIOHTTP1

/// The response to one request.
package struct RegistryResponse: Sendable {
    package var status: HTTPResponseStatus
    /// The headers without `Content-Length`, which is computed from the body or set by `announcedLength`.
    package var headers: HTTPHeaders
    package var body: ResponseBody
    /// The length to announce instead of the body's own length, for HEAD requests and for fault scripts.
    package var announcedLength: Int64?
    /// Where and how the connection is cut. nil: the whole response is sent.
    package var cut: ResponseCut?
    /// The user of the request, for the access log.
    package var user: String?
    /// Why the request was refused, for the access log: the first reason in the body.
    package var refusal: RegistryError.Reason?
    /// Called once, when the response was sent or the connection has ended, with the number of body bytes that were
    /// sent.
    package var whenSent: [@Sendable (Int64) -> Void] = []

    package init(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ResponseBody = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The bytes of a response.
package enum ResponseBody: Sendable {
    case none
    case bytes(ByteBuffer)
    /// Buffers that are sent one after the other, each only when the one before it was sent.
    case buffers([ByteBuffer])
    /// A part of a file. The kernel sends it if the connection is not encrypted.
    case file(OpenFile, Range<Int64>)
    /// A whole file that is hashed while it is sent. If it is damaged, its last bytes are not sent and the connection
    /// ends.
    case unchecked(UncheckedFile)

    package var length: Int64 {
        switch self {
        case .none: 0
        case .bytes(let buffer): Int64(buffer.readableBytes)
        case .buffers(let buffers): buffers.reduce(0) { $0 + Int64($1.readableBytes) }
        case .file(_, let range): range.upperBound - range.lowerBound
        case .unchecked(let unchecked): unchecked.file.size
        }
    }
}

/// A cut of the connection in the middle of a response, for fault scripts.
package struct ResponseCut: Sendable, Hashable {
    package enum Manner: Sendable, Hashable {
        /// The connection is closed in order (FIN).
        case close
        /// The connection is reset (RST).
        case reset
        /// Nothing more is sent and the connection stays open until the client or the registry gives up.
        case hang
    }

    package var manner: Manner
    /// The number of body bytes that are sent before the cut. nil: the cut is before the status line.
    package var afterBytes: Int64?

    package init(_ manner: Manner, afterBytes: Int64?) {
        self.manner = manner
        self.afterBytes = afterBytes
    }
}

extension RegistryResponse {
    /// No response: the connection ends.
    package static func aborted(_ manner: ResponseCut.Manner) -> RegistryResponse {
        var response = RegistryResponse(.internalServerError)
        response.cut = ResponseCut(manner, afterBytes: nil)
        return response
    }

    /// Changes the response to that of a HEAD: the same head, with the length that the body would have had (RFC 9110
    /// §9.3.2).
    mutating func dropBody() {
        if announcedLength == nil { announcedLength = body.length }
        body = .none
    }

    /// A JSON document.
    package static func json(
        _ status: HTTPResponseStatus, _ text: String, type: String = "application/json", headers: HTTPHeaders = [:]
    ) -> RegistryResponse {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: type)
        return RegistryResponse(status, headers: headers, body: .bytes(ByteBuffer(string: text)))
    }
}
