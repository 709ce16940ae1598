// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Writes one response to a connection, piece after piece. Each piece is written when the one before it was sent, so a
/// client that reads slowly holds only one piece in memory.
struct ResponseWriter {
    enum Outcome: Sendable {
        case complete
        case failed
        case cut(ResponseCut.Manner)
    }

    let response: RegistryResponse
    let keepsAlive: Bool
    let version: HTTPVersion
    /// Whether the kernel may send directly from a file. This is not possible through TLS.
    let sendsFiles: Bool

    /// Sends the response. Calls back on the connection's event loop after each piece, and once at the end, after the
    /// response's own listeners.
    func send(
        on context: ChannelHandlerContext, whenMoved: @escaping @Sendable () -> Void,
        whenDone: @escaping @Sendable (Outcome) -> Void
    ) {
        let done = Done(listeners: response.whenSent, whenMoved: whenMoved, whenDone: whenDone)
        if let cut = response.cut, cut.afterBytes == nil { return done.end(.cut(cut.manner), bytes: 0) }
        context.write(HTTPConnection.wrapOutboundOut(.head(head)), promise: nil)
        let limit = response.cut?.afterBytes ?? .max
        send(ResponsePieces(response.body, limit: limit, sendsFiles: sendsFiles), sentBytes: 0, context, done)
    }

    private func send(_ pieces: ResponsePieces, sentBytes: Int64, _ context: ChannelHandlerContext, _ done: Done) {
        var pieces = pieces
        guard let piece = pieces.next() else { return finish(sentBytes, context, done) }
        if pieces.isEmpty, case .bytes(let buffer) = piece, response.cut == nil {
            // There is no need to wait: the connection checks its unsent bytes before it takes the next request.
            context.write(HTTPConnection.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
            return finish(sentBytes + piece.length, context, done)
        }
        let rest = NIOLoopBound((writer: self, pieces: pieces, context: context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        piece.load(on: loop).flatMap { data in
            let written = loop.makePromise(of: Void.self)
            rest.value.context.writeAndFlush(HTTPConnection.wrapOutboundOut(.body(data)), promise: written)
            return written.futureResult
        }.whenComplete { outcome in
            piece.release()
            guard case .success = outcome else { return done.end(.failed, bytes: sentBytes) }
            // The next piece is scheduled on the loop. A direct call would need a stack frame for each of thousands of
            // pieces.
            loop.execute {
                done.whenMoved()
                let (writer, pieces, context) = rest.value
                writer.send(pieces, sentBytes: sentBytes + piece.length, context, done)
            }
        }
    }

    private func finish(_ sentBytes: Int64, _ context: ChannelHandlerContext, _ done: Done) {
        if let cut = response.cut {
            context.flush()
            return done.end(.cut(cut.manner), bytes: sentBytes)
        }
        guard !keepsAlive else {
            context.writeAndFlush(HTTPConnection.wrapOutboundOut(.end(nil)), promise: nil)
            return done.end(.complete, bytes: sentBytes)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in done.end(.complete, bytes: sentBytes) }
        context.writeAndFlush(HTTPConnection.wrapOutboundOut(.end(nil)), promise: written)
    }

    private var head: HTTPResponseHead {
        var headers = response.headers
        if response.status.announcesLength {
            headers.replaceOrAdd(
                name: "Content-Length", value: String(response.announcedLength ?? response.body.length))
        }
        headers.add(name: "Date", value: HTTPDate.now())
        if !keepsAlive {
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if version.minor == 0 {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        return HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
    }

    /// The callbacks of the response.
    private struct Done: Sendable {
        let listeners: [@Sendable (Int64) -> Void]
        let whenMoved: @Sendable () -> Void
        let whenDone: @Sendable (Outcome) -> Void

        func end(_ outcome: Outcome, bytes: Int64) {
            listeners.forEach { $0(bytes) }
            whenDone(outcome)
        }
    }
}

extension HTTPResponseStatus {
    /// Whether the status allows a body, so that a length is announced (RFC 9110 §6.4.1).
    fileprivate var announcesLength: Bool { code >= 200 && code != 204 && code != 304 }
}
