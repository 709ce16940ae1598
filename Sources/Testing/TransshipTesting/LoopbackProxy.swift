// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A proxy on the loopback interface that connects to ports of this machine, whatever target is requested, and records
/// the requests.
package final class LoopbackProxy: Sendable {
    package struct Request: Hashable, Sendable {
        /// Method and target of the request line.
        package let method: String
        package let target: String
        package let authorization: String?
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    package let port: Int
    private let upstream: @Sendable (Request) -> Int
    private let wantedAuthorization: String?
    private let seen = Mutex<[Request]>([])

    package var requests: [Request] { seen.withLock { $0 } }

    /// Runs `body` while a proxy is serving.
    ///
    /// - Parameter authorization: the `Proxy-Authorization` that the proxy requires; nil: none.
    package static func serving<Result: Sendable>(
        upstream port: Int, authorization: String? = nil, _ body: (LoopbackProxy) async throws -> Result
    ) async throws -> Result {
        try await serving(authorization: authorization, upstream: { _ in port }, body)
    }

    /// Runs `body` while a proxy is serving.
    ///
    /// - Parameter upstream: the port that a request leads to.
    package static func serving<Result: Sendable>(
        authorization: String? = nil, upstream: @escaping @Sendable (Request) -> Int,
        _ body: (LoopbackProxy) async throws -> Result
    ) async throws -> Result {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
            }
        let proxy = LoopbackProxy(server.channel.localAddress?.port ?? 0, upstream: upstream, authorization)
        let serving = Task { await proxy.serve(server) }
        defer {
            serving.cancel()
            server.channel.close(promise: nil)
        }
        return try await body(proxy)
    }

    private init(_ port: Int, upstream: @escaping @Sendable (Request) -> Int, _ authorization: String?) {
        self.port = port
        self.upstream = upstream
        wantedAuthorization = authorization
    }

    private func serve(_ server: NIOAsyncChannel<Connection, Never>) async {
        await withDiscardingTaskGroup { group in
            try? await server.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { try? await self.lead(connection) }
                }
            }
        }
    }

    private func lead(_ client: Connection) async throws {
        try await client.executeThenClose { inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            var bytes = ByteBuffer()
            while bytes.endOfHead == nil {
                guard let more = try await iterator.next() else { return }
                bytes.writeImmutableBuffer(more)
            }
            let head = bytes.readString(length: bytes.endOfHead ?? 0) ?? ""
            let request = note(head)
            guard wantedAuthorization == nil || request.authorization == wantedAuthorization else {
                try await outbound.write(
                    ByteBuffer(string: "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
                return
            }
            let upstream = try await connection(to: upstream(request))
            try await upstream.executeThenClose { answers, questions in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { for try await answer in answers { try await outbound.write(answer) } }
                    if request.method == "CONNECT" {
                        try await outbound.write(ByteBuffer(string: "HTTP/1.1 200 Connected\r\n\r\n"))
                    } else {
                        // One request per connection: only the first head is read.
                        try await questions.write(ByteBuffer(string: Self.originForm(head, request)))
                    }
                    if bytes.readableBytes > 0 { try await questions.write(bytes) }
                    while let more = try await iterator.next() { try await questions.write(more) }
                    group.cancelAll()
                }
            }
        }
    }

    private func connection(to port: Int) async throws -> Connection {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
            }
    }

    private func note(_ head: String) -> Request {
        let lines = head.split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        let field = lines.first { $0.lowercased().hasPrefix("proxy-authorization: ") }
        let request = Request(
            method: String(words[0]), target: String(words[1]),
            authorization: field.map { String($0.dropFirst("proxy-authorization: ".count)) })
        seen.withLock { $0.append(request) }
        return request
    }

    /// The head in the form for the upstream, with `Connection: close`.
    private static func originForm(_ head: String, _ request: Request) -> String {
        let lines = head.split(separator: "\r\n").dropFirst().filter { line in
            !["proxy-", "connection:"].contains { line.lowercased().hasPrefix($0) }
        }
        let path = request.target.dropFirst("http://".count).drop { $0 != "/" }
        return (["\(request.method) \(path) HTTP/1.1"] + lines + ["Connection: close", "", ""])
            .joined(separator: "\r\n")
    }
}

extension ByteBuffer {
    /// The offset after the blank line that ends the head.
    fileprivate var endOfHead: Int? {
        let bytes = readableBytesView
        return bytes.firstRange(of: Array("\r\n\r\n".utf8)).map {
            bytes.distance(from: bytes.startIndex, to: $0.upperBound)
        }
    }
}
