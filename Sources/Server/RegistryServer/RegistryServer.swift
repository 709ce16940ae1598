// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An OCI registry that runs in this process.
package final class RegistryServer: Sendable {
    /// The part of URLs before `/v2/`: scheme, host and port.
    package let url: String
    /// `host:port` as it stands in an image reference.
    package let authority: String
    package let port: Int
    private let server: HTTPServer

    private init(_ server: HTTPServer, scheme: String, host: String) {
        self.server = server
        port = server.localAddress?.port ?? 0
        authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        url = "\(scheme)://\(authority)"
    }

    /// Starts a registry. When the method returns, requests are answered.
    ///
    /// - Throws: if the address is taken, the folder is in use or cannot be created, or the certificate cannot be read.
    ///   Nothing listens then.
    package static func start(_ configuration: RegistryConfiguration) async throws -> RegistryServer {
        let storage = try storage(configuration)
        let dropStaleUploads: @Sendable () async -> Void = {
            // Sessions that cannot be dropped now are tried again in an hour, or at the next start.
            try? await storage.dropUploads(
                untouchedSince: configuration.clock.calendar() - configuration.sessionLifetime)
        }
        await dropStaleUploads()
        let responder = responder(configuration, over: storage)
        let tls = try configuration.tls.map(context)
        let pipeline = ConnectionPipeline(responder, limits: configuration.connections, tls: tls)
        let server = try await listen(with: pipeline, configuration)
        server.repeat(every: .hours(1), dropStaleUploads)
        return RegistryServer(server, scheme: tls == nil ? "http" : "https", host: configuration.host)
    }

    private static func listen(
        with pipeline: ConnectionPipeline, _ configuration: RegistryConfiguration
    ) async throws -> HTTPServer {
        do {
            return try await HTTPServer(pipeline, host: configuration.host, port: configuration.port)
        } catch let error as IOError {
            throw CannotListen(reason: String(cString: strerror(error.errnoCode)))
        }
    }

    /// Waits until the registry no longer listens. During `shutdown`, current requests may still be answered then.
    package func wait() async { await server.wait() }

    /// Accepts no new requests, waits up to `grace` for the responses to current requests, then closes every
    /// connection.
    package func shutdown(grace: Duration = .seconds(10)) async {
        await server.shutdown(grace: TimeAmount(grace))
    }

    private static func responder(
        _ configuration: RegistryConfiguration, over storage: any RegistryStorage
    ) -> any RegistryResponder {
        var responder: any RegistryResponder = RegistryHandler(
            storage, limits: configuration.limits, report: configuration.diagnostics)
        if configuration.isReadOnly { responder = ReadOnlyRegistry(responder) }
        if !configuration.users.isEmpty {
            let users = RegistryUsers(passwords: configuration.users, everybodyPulls: configuration.everybodyPulls)
            if let tokens = configuration.tokens {
                responder = BearerTokenAuthenticator(
                    responder, users: users, settings: tokens, clock: configuration.clock)
            } else {
                responder = BasicAuthenticator(responder, users: users)
            }
        }
        responder = configuration.wrap(responder)
        guard let sink = configuration.accessLog else { return responder }
        return AccessLog(responder, clock: configuration.clock, sink: sink)
    }

    private static func storage(_ configuration: RegistryConfiguration) throws -> any RegistryStorage {
        switch configuration.storage {
        case .memory:
            MemoryStorage(clock: configuration.clock, uploadLimit: configuration.limits.unfinishedUploads)
        case .disk(let path):
            try DiskStorage(
                path, synchronized: configuration.flushesToDevice,
                uploadLimit: configuration.limits.unfinishedUploads, report: configuration.diagnostics)
        case .existing(let storage): storage
        }
    }

    private static func context(_ tls: RegistryConfiguration.TLS) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificatePath).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.keyPath, format: .pem)))
        configuration.applicationProtocols = ["http/1.1"]
        if let path = tls.clientAuthorityPath {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            // Clients are accepted by the authority that signed their certificate, not by the name in it.
            configuration.certificateVerification = .noHostnameVerification
        }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// The system refused the address. `reason` is the system's error text.
package struct CannotListen: Error, CustomStringConvertible {
    package let reason: String
    package var description: String { reason.lowercased() }
}
