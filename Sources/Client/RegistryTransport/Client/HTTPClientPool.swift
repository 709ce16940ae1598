// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The HTTP clients of a run, created when first needed: one for each kind of connection setup.
final class HTTPClientPool: Sendable {
    struct Kind: Hashable {
        var isTLS: Bool
        var isInsecure: Bool
        var reach: WireRequest.Reach
        /// A client for fresh connections keeps none: each connection ends with its request.
        var connection: WireRequest.Connection
        var proxy: ProxyServer?
        /// The folder of certificates for hosts of this kind.
        var certificates: String?
        /// The address to use for a name, if not all of its addresses are allowed.
        var pin: Pin?
    }

    struct Pin: Hashable {
        let host: String
        let address: String
    }

    private struct State {
        var clients: [Kind: PooledClient] = [:]
        /// The clients with a pin, oldest first.
        var pinned: [Kind] = []
        var isShutDown = false
        var folders: [WireOrigin: String?] = [:]
        /// Read when TLS is first needed, because parsing all of a machine's authorities takes longer than a small copy.
        var authorities: Authorities?
    }

    private struct Authorities {
        /// Trusted instead of the system's authorities.
        var roots: [NIOSSLCertificate]?
        /// Trusted in addition to them.
        var extra: [NIOSSLCertificate]

        init(_ settings: TransportSettings, extra: [NIOSSLCertificate]) throws(TransportSetupError) {
            roots = try settings.rootsPath.map(HTTPClientPool.certificates)
            let known = (roots ?? []) + extra
            self.extra = extra + CertificateFolder.certificates(in: settings.rootsFolders, without: known)
        }
    }

    private let settings: TransportSettings
    /// Authorities named on the command line. They are read at the start, so that mistakes are reported before anything
    /// else.
    private let namedAuthorities: [NIOSSLCertificate]
    private let hostCertificates: HostCertificates
    private let state = Mutex(State())
    /// The actual addresses of connections.
    let peers = PeerAddresses()
    private let addresses: JudgedAddresses

    /// The most clients with a pin, because a registry may use a new host for each blob.
    private static let mostPinned = 32

    init(_ settings: TransportSettings) throws(TransportSetupError) {
        PreparedTypes.prepare()
        self.settings = settings
        addresses = JudgedAddresses(resolve: settings.resolve, now: settings.now)
        hostCertificates = HostCertificates(folders: settings.hostFolders)
        namedAuthorities = try settings.extraCAPath.map(Self.certificates) ?? []
    }

    private static func certificates(at path: String) throws(TransportSetupError) -> [NIOSSLCertificate] {
        do { return try NIOSSLCertificate.fromPEMFile(path) } catch {
            throw TransportSetupError(description: "cannot read certificates from \"\(path)\"")
        }
    }

    // MARK: Addresses

    /// The addresses to try one after the other; a single nil if the client may resolve the name itself.
    ///
    /// - Throws: if no address of the host may be connected to.
    func addresses(for request: WireRequest) async throws(WireFailure) -> [String?] {
        let origin = request.url.origin
        guard request.reach != .anywhere, settings.proxies.proxy(for: origin) == nil else { return [nil] }
        guard let literal = AddressClass(address: origin.host) else {
            return try await addresses.admitted(origin, by: request.reach)
        }
        guard request.reach.includes(literal) else { throw WireFailure(.addressRefused, at: origin) }
        return [nil]
    }

    func noteFailure(of address: String, for request: WireRequest) {
        addresses.noteFailure(of: address, of: request.url.origin.host)
    }

    // MARK: Clients

    /// A client for the request, and the proxy it goes through.
    ///
    /// - Parameter address: the only address it connects to; nil: the host's name is resolved.
    /// - Throws: after `shutdown`, and if the certificates for the host cannot be read.
    func client(
        for request: WireRequest, at address: String?
    ) throws(WireFailure) -> (PooledClient, via: ProxyServer?) {
        let origin = request.url.origin
        let result = state.withLock { state in
            Result { () throws(WireFailure) in
                if state.isShutDown { throw WireFailure(.closed, at: origin) }
                var kind = kind(of: request, &state)
                kind.pin = address.map { Pin(host: origin.host, address: $0) }
                return (try client(kind, for: origin, &state), kind.proxy)
            }
        }
        return try result.get()
    }

    /// Whether the request goes directly to a host that the user named, over a connection that others may use.
    func isPlain(_ request: WireRequest) -> Bool {
        request.reach == .anywhere && request.connection == .shared
            && settings.proxies.proxy(for: request.url.origin) == nil
    }

    /// The TLS settings for connections to the request's origin; nil for http.
    func tls(for request: WireRequest) throws(WireFailure) -> TLSConfiguration? {
        let result = state.withLock { state in
            Result { () throws(WireFailure) in
                let kind = kind(of: request, &state)
                do throws(TransportSetupError) { return try tls(kind, &state) } catch {
                    throw WireFailure(.certificatesUnusable(error.description), at: request.url.origin)
                }
            }
        }
        return try result.get()
    }

    private func kind(of request: WireRequest, _ state: inout State) -> Kind {
        let origin = request.url.origin
        let isTLS = origin.scheme == .https
        let proxy = settings.proxies.proxy(for: origin)
        // A proxy resolves the name itself, so no address is pinned.
        return Kind(
            isTLS: isTLS, isInsecure: isTLS && settings.isInsecure(origin),
            reach: proxy == nil ? request.reach : .anywhere, connection: request.connection, proxy: proxy,
            certificates: isTLS ? folder(of: origin, &state) : nil)
    }

    private func folder(of origin: WireOrigin, _ state: inout State) -> String? {
        if let folder = state.folders[origin] { return folder }
        let folder = hostCertificates.folder(for: origin)
        state.folders[origin] = .some(folder)
        return folder
    }

    private func client(
        _ kind: Kind, for origin: WireOrigin, _ state: inout State
    ) throws(WireFailure) -> PooledClient {
        if let client = state.clients[kind] { return client }
        let configuration: HTTPClient.Configuration
        do throws(TransportSetupError) { configuration = try self.configuration(kind, &state) } catch {
            throw WireFailure(.certificatesUnusable(error.description), at: origin)
        }
        let client = PooledClient(configuration)
        state.clients[kind] = client
        if kind.pin != nil { state.pinned.append(kind) }
        if state.pinned.count > Self.mostPinned { state.clients[state.pinned.removeFirst()] = nil }
        return client
    }

    func shutdown() async {
        let clients = state.withLock { state in
            defer { state.clients = [:] }
            state.isShutDown = true
            state.pinned = []
            return Array(state.clients.values)
        }
        for client in clients { await client.shutdown() }
    }

    private func configuration(
        _ kind: Kind, _ state: inout State
    ) throws(TransportSetupError) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try tls(kind, &state), redirectConfiguration: .disallow,
            timeout: .init(connect: .init(settings.connectTimeout)), decompression: .disabled)
        // Tracing is not used, and its attributes took 3 % of the CPU in copies of small images.
        configuration.tracing.tracer = nil
        // With HTTP/2 this client takes five times the CPU per byte.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.connectionsPerHost
        // The engine does all retries, because it knows the other requests to this host.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Certificate name checks and SNI still use the host name.
        if let pin = kind.pin { configuration.dnsOverride = [pin.host: pin.address] }
        // Requests without TLS through an HTTP proxy need no tunnel: see `AbsoluteForm`.
        if let proxy = kind.proxy, kind.isTLS || proxy.kind == .socks5 { configuration.proxy = proxy.tunnel }
        let (settings, peers) = (settings, peers)
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.submit { try Self.prepare(channel, kind: kind, settings: settings, peers: peers) }
        }
        return configuration
    }

    private func tls(_ kind: Kind, _ state: inout State) throws(TransportSetupError) -> TLSConfiguration? {
        guard kind.isTLS else { return nil }
        var tls = TLSConfiguration.makeClientConfiguration()
        let folder = try kind.certificates.map { path throws(TransportSetupError) in try CertificateFolder(path) }
        if let identity = folder?.identity {
            tls.certificateChain = identity.chain.map { .certificate($0) }
            tls.privateKey = .privateKey(identity.key)
        }
        if kind.isInsecure {
            tls.certificateVerification = .none
        } else {
            let authorities = try authorities(&state)
            if let roots = authorities.roots { tls.trustRoots = .certificates(roots) }
            let extra = authorities.extra + (folder?.authorities ?? [])
            if !extra.isEmpty { tls.additionalTrustRoots = [.certificates(extra)] }
        }
        tls.shutdownTimeout = Self.goodbye
        return tls
    }

    /// How long a closing connection waits for the peer's close_notify. NIOSSL waits five seconds by default. Meanwhile an
    /// unwanted body would be sent to its end, or delay the end of the run. Nothing depends on the peer's message (RFC 8446
    /// §6.1).
    private static let goodbye = TimeAmount.milliseconds(1)

    private func authorities(_ state: inout State) throws(TransportSetupError) -> Authorities {
        if let known = state.authorities { return known }
        let read = try Authorities(settings, extra: namedAuthorities)
        state.authorities = read
        return read
    }

    // MARK: Connections

    private static func prepare(
        _ channel: any Channel, kind: Kind, settings: TransportSettings, peers: PeerAddresses
    ) throws {
        if !kind.reach.includes(AddressClass(channel.remoteAddress)) {
            channel.close(promise: nil)
            throw AddressRefusedError()
        }
        let pipeline = channel.pipeline.syncOperations
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        if let proxy = kind.proxy {
            // The address of a proxy says nothing about the origin behind it.
            if !kind.isTLS, proxy.kind == .http {
                try pipeline.addHandler(AbsoluteForm(proxy), position: .after(decoder))
            }
        } else {
            let witness = AddressWitness(scheme: kind.isTLS ? .https : .http, peers: peers)
            try pipeline.addHandler(witness, position: .after(decoder))
        }
        try pipeline.addHandler(ResponseHeadGuard(hiding: settings.secrets), position: .before(decoder))
        try pipeline.addHandler(StallGuard(limits: settings.stallLimits), position: .after(decoder))
        if !kind.isTLS {
            // Grows with the available data, so small answers use small buffers.
            let allocator = AdaptiveRecvByteBufferAllocator(
                minimum: 4 << 10, initial: 16 << 10, maximum: max(settings.largestRead, 16 << 10))
            try channel.syncOptions?.setOption(.recvAllocator, value: allocator)
        }
    }
}
