// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Sends plain http requests to a proxy with the whole URL in the request line (RFC 9112 §3.2.2).
///
/// The client would open a tunnel for these, too, but proxies often allow tunnels only to port 443.
final class AbsoluteForm: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let authorization: HTTPClient.Authorization?

    init(_ proxy: ProxyServer) { authorization = proxy.authorization }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        head.uri = "http://\(head.headers.first(name: "Host") ?? "")\(head.uri)"
        if let authorization {
            head.headers.replaceOrAdd(name: "Proxy-Authorization", value: authorization.headerValue)
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}

extension ProxyServer {
    var authorization: HTTPClient.Authorization? { login.map { .basic(username: $0.user, password: $0.password) } }

    /// The client's proxy configuration, for requests through a tunnel.
    var tunnel: HTTPClient.Configuration.Proxy {
        switch kind {
        case .http: .server(host: origin.host, port: origin.port, authorization: authorization)
        case .socks5: .socksServer(host: origin.host, port: origin.port)
        }
    }
}
