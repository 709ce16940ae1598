// SPDX-License-Identifier: Apache-2.0

package import Files
package import NIOCore
package import NIOHTTP1

/// What goes back for one request.
package struct RegistryResponse: Sendable {
    package var status: HTTPResponseStatus
    /// Without `Content-Length`, which follows from the body, unless `announcedLength` says otherwise.
    package var headers: HTTPHeaders
    package var body: ResponseBody
    /// The length to announce instead of the body's own: what HEAD answers with, and what lying registries say.
    package var announcedLength: Int64?
    /// Where and how the connection is broken off; nil sends everything.
    package var cut: ResponseCut?
    /// Who the request was made as, for the access log.
    package var user: String?
    /// Why the request was refused, for the access log: the first of the reasons that the body has.
    package var refusal: RegistryError.Reason?
    /// Told once, when the response is through or the connection is gone: bytes of the body that were sent.
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
    /// Sent one after the other, each only when the one before it has left.
    case buffers([ByteBuffer])
    /// A part of a file, sent by the kernel where the connection is not encrypted.
    case file(OpenFile, Range<Int64>)
    /// A whole file, hashed on its way. When it is damaged its last bytes are not sent and the connection ends.
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

/// A connection broken off in the middle of a response, as fault scripts order it.
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
    /// Bytes of the body sent before; nil cuts before the status line.
    package var afterBytes: Int64?

    package init(_ manner: Manner, afterBytes: Int64?) {
        self.manner = manner
        self.afterBytes = afterBytes
    }
}

extension RegistryResponse {
    /// No answer at all: the connection ends.
    package static func aborted(_ manner: ResponseCut.Manner) -> RegistryResponse {
        var response = RegistryResponse(.internalServerError)
        response.cut = ResponseCut(manner, afterBytes: nil)
        return response
    }

    /// The answer to a HEAD: the same head, with the length the body would have had (RFC 9110 §9.3.2).
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
