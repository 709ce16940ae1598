import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The HTTP clients of a run, made when first needed: one for each way a connection can be set up.
final class HTTPClientPool: Sendable {
    struct Kind: Hashable {
        var isTLS: Bool
        var isInsecure: Bool
        var reach: WireRequest.Reach
    }

    private struct State {
        var clients: [Kind: HTTPClient] = [:]
        var isShutDown = false
    }

    private let settings: TransportSettings
    private let extraRoots: [NIOSSLCertificate]
    private let roots: NIOSSLTrustRoots
    private let state = Mutex(State())
    /// Where connections really led.
    let peers = PeerAddresses()

    init(_ settings: TransportSettings) throws(TransportSetupError) {
        self.settings = settings
        extraRoots = try settings.extraCAPath.map(Self.certificates) ?? []
        roots = .certificates(try settings.rootsPath.map(Self.certificates) ?? [])
    }

    private static func certificates(at path: String) throws(TransportSetupError) -> [NIOSSLCertificate] {
        do { return try NIOSSLCertificate.fromPEMFile(path) } catch {
            throw TransportSetupError(description: "cannot read certificates from \"\(path)\"")
        }
    }

    /// nil after `shutdown`.
    func client(for request: WireRequest) -> HTTPClient? {
        let origin = request.url.origin
        let isTLS = origin.scheme == .https
        let kind = Kind(isTLS: isTLS, isInsecure: isTLS && settings.isInsecure(origin), reach: request.reach)
        return state.withLock { state in
            if state.isShutDown { return nil }
            if let client = state.clients[kind] { return client }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
                configuration: configuration(kind))
            state.clients[kind] = client
            return client
        }
    }

    func shutdown() async {
        let clients = state.withLock { state in
            defer { state.clients = [:] }
            state.isShutDown = true
            return Array(state.clients.values)
        }
        for client in clients { try? await client.shutdown() }
    }

    private func configuration(_ kind: Kind) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls(kind), redirectConfiguration: .disallow,
            timeout: .init(connect: .init(settings.connectTimeout)), decompression: .disabled)
        // Under HTTP/2 the same client costs five times the CPU for each byte.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.connectionsPerHost
        // Retries are the engine's: it knows what else goes to this host.
        configuration.connectionPool.retryConnectionEstablishment = false
        let (settings, peers) = (settings, peers)
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.submit { try Self.prepare(channel, kind: kind, settings: settings, peers: peers) }
        }
        return configuration
    }

    private func tls(_ kind: Kind) -> TLSConfiguration? {
        guard kind.isTLS else { return nil }
        var tls = TLSConfiguration.makeClientConfiguration()
        if settings.rootsPath != nil { tls.trustRoots = roots }
        if !extraRoots.isEmpty { tls.additionalTrustRoots = [.certificates(extraRoots)] }
        if kind.isInsecure { tls.certificateVerification = .none }
        return tls
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
        let witness = AddressWitness(scheme: kind.isTLS ? .https : .http, peers: peers)
        try pipeline.addHandler(witness, position: .after(decoder))
        try pipeline.addHandler(StallGuard(limits: settings.stallLimits), position: .after(decoder))
        if !kind.isTLS {
            // Grows with what is there to read: small answers stay small.
            let allocator = AdaptiveRecvByteBufferAllocator(
                minimum: 4 << 10, initial: 16 << 10, maximum: max(settings.largestRead, 16 << 10))
            try channel.syncOptions?.setOption(.recvAllocator, value: allocator)
        }
    }
}
