// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A request as its bytes, which leave in one write.
struct DirectRequest: Sendable {
    let bytes: ByteBuffer
    let isHead: Bool
    /// Whether the registry has to store something before it answers.
    let isCommit: Bool
    /// Whether it may be sent again after a connection ended without an answer. As in Go's net/http: only requests that
    /// change nothing.
    let isRepeatable: Bool

    /// A body up to this many bytes is sent directly.
    static let largestBody = 64 << 10

    /// - Precondition: the request is plain, and its body is not streamed.
    init(_ request: WireRequest) {
        let body: [UInt8] = if case .bytes(let bytes) = request.body { bytes } else { [] }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(Self.usualHead + body.count)
        bytes.writeString(request.method.rawValue)
        bytes.writeString(" ")
        bytes.writeString(request.url.target)
        bytes.writeString(" HTTP/1.1\r\n")
        bytes.writeHost(request.url.origin)
        for field in request.headers.fields { bytes.write(field.name, field.value) }
        if !body.isEmpty || [.post, .put, .patch].contains(request.method) {
            bytes.write("Content-Length", String(body.count))
        }
        bytes.writeString("\r\n")
        bytes.writeBytes(body)
        self.bytes = bytes
        isHead = request.method == .head
        isCommit = [.put, .patch].contains(request.method)
        isRepeatable = [.get, .head].contains(request.method)
    }

    private static let usualHead = 1 << 10

    /// Whether the body is small, and target and fields are what a request may contain, and say nothing about the body or
    /// the connection.
    static func isPlain(_ request: WireRequest) -> Bool {
        request.body.isSmall && request.url.target.hasOnly { (0x21...0x7E).contains($0) }
            && request.headers.fields.allSatisfy { field in
                !field.name.isEmpty && field.name.hasOnly(isNameByte)
                    && field.value.hasOnly { $0 >= 0x20 && $0 != 0x7F }
            } && reserved.allSatisfy { request.headers[$0] == nil }
    }

    private static let reserved = ["Connection", "Content-Length", "Host", "Transfer-Encoding"]

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
    }
}

extension WireRequest.Body {
    fileprivate var isSmall: Bool {
        switch self {
        case .none: true
        case .bytes(let bytes): bytes.count <= DirectRequest.largestBody
        case .stream(_, let length): length <= DirectRequest.largestBody
        }
    }
}

extension String {
    /// The same as `utf8.allSatisfy`, which takes a step for each byte.
    @inline(__always)
    fileprivate func hasOnly(_ isAllowed: (UInt8) -> Bool) -> Bool {
        var text = self
        return text.withUTF8 { bytes in bytes.reduce(true) { $0 && isAllowed($1) } }
    }
}

extension ByteBuffer {
    /// As `WireOrigin.authority` has it, without making that text for each request.
    fileprivate mutating func writeHost(_ origin: WireOrigin) {
        writeString("Host: ")
        writeString(origin.host)
        if origin.port != origin.scheme.defaultPort {
            writeString(":")
            writeString(String(origin.port))
        }
        writeString("\r\n")
    }

    fileprivate mutating func write(_ name: String, _ value: String) {
        writeString(name)
        writeString(": ")
        writeString(value)
        writeString("\r\n")
    }
}
