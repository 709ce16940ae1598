// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL

/// Requests a peer's certificate once more to find out what is wrong with it, because the failed handshake does not tell.
///
/// The handshake ends when the certificate has arrived. No data is sent, and nothing else is received.
enum CertificateProbe {
    /// The chain as the peer sends it; nil if it cannot be read.
    ///
    /// - Parameter address: the address to connect to; nil: the host's name is resolved.
    static func chain(
        of origin: WireOrigin, at address: String?, within limit: Duration
    ) async -> [CertificateComplaint.Facts]? {
        let group = MultiThreadedEventLoopGroup.singleton
        let chain = group.any().makePromise(of: [CertificateComplaint.Facts].self)
        do {
            let channel = try await bootstrap(on: group, for: origin, telling: chain, within: limit)
                .connect(host: address ?? bare(origin.host), port: origin.port).get()
            channel.closeFuture.whenComplete { _ in chain.fail(ChannelError.eof) }
            let timer = channel.eventLoop.scheduleTask(in: .init(limit)) { channel.close(promise: nil) }
            defer {
                timer.cancel()
                channel.close(promise: nil)
            }
            return try await chain.futureResult.get()
        } catch {
            chain.fail(error)
            return nil
        }
    }

    private static func bootstrap(
        on group: MultiThreadedEventLoopGroup, for origin: WireOrigin,
        telling chain: EventLoopPromise<[CertificateComplaint.Facts]>, within limit: Duration
    ) -> ClientBootstrap {
        ClientBootstrap(group: group).connectTimeout(.init(limit)).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                let name = AddressClass(address: origin.host) == nil ? origin.host : nil
                let handler = try NIOSSLClientHandler(
                    context: context, serverHostname: name,
                    customVerificationCallback: { certificates, verdict in
                        chain.succeed(certificates.map(CertificateComplaint.Facts.init))
                        verdict.succeed(.failed)
                    })
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
    }

    private static func bare(_ host: String) -> String {
        host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    }
}
