// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import LayerVerification
import NIOCore
import OCI
import RegistryTransport
import TransferEngine

/// Copies and verifies images between registries, layout folders and your own stores, and plans copies. Holds connections,
/// logins and tokens, which all its runs share.
///
/// One instance per process is enough, and many tasks may use it at once. Call ``shutdown()`` at the end;
/// ``withTransship(registries:credentials:stores:isolation:_:)`` does this itself.
///
/// ```swift
/// let transship = try Transship(credentials: .fixed(["registry.example": .password(secret, user: "ci")]))
/// let item = try CopyItem(from: ImageReference("redis:7"), to: ImageReference("registry.example/mirror/redis:7"))
/// let results = await transship.copy([item])
/// await transship.shutdown()
/// ```
public final class Transship: Sendable {
    let network: RegistryNetwork
    /// The number and rate of requests to each registry.
    let pace: RequestSettings
    let stores: OwnStores
    let log: RunLog

    /// Creates an instance. Connections are opened later, when they are needed.
    ///
    /// - Parameters:
    ///   - registries: options for connections to registries.
    ///   - credentials: the source of logins.
    ///   - stores: your own stores, by their host in references, with the port if it has one. The host needs a dot or a
    ///     port; it is never resolved.
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` if certificates, proxies, rates or names of
    ///   stores cannot be used, and ``TransshipError/Kind/unauthorized`` if a login file of this machine cannot be read.
    ///   Nothing needs to be shut down then.
    public convenience init(
        registries: RegistryOptions = RegistryOptions(), credentials: Credentials = .none,
        stores: [String: any ContentStore] = [:]
    ) throws(TransshipError) {
        try self.init(registries, credentials, stores: OwnStores(stores), log: RunLog())
    }

    init(
        _ registries: RegistryOptions, _ credentials: Credentials, stores: OwnStores, log: RunLog
    ) throws(TransshipError) {
        let options = try registries.networkOptions(telling: log)
        let transport: HTTPClientTransport
        do throws(TransportSetupError) { transport = try HTTPClientTransport(options.transportSettings) } catch {
            throw TransshipError(.invalid, error.description)
        }
        let source = try credentials.credentialSource(transport, userAgent: options.userAgent)
        network = RegistryNetwork(options: options, credentials: source, transport: transport, clock: .system)
        pace = Self.pace(options)
        self.stores = stores
        self.log = log
    }

    private static func pace(_ options: RegistryNetworkOptions) -> RequestSettings {
        var pace = RequestSettings()
        pace.connectionsPerStore = options.connectionsPerHost / 2
        for (host, rate) in options.requestRates { pace.intervals[.registry(host)] = .seconds(1 / rate) }
        return pace
    }

    /// Closes every connection. Running calls fail, and this instance cannot be used afterwards.
    public func shutdown() async { await network.shutdown() }

    /// All tags of a repository, in the order of the registry or the store.
    ///
    /// - Parameter repository: `[HOST[:PORT]/]PATH`, without tag and digest.
    /// - Throws: ``TransshipError``, of kind ``TransshipError/Kind/notFound`` if there is no such repository, and of kind
    ///   ``TransshipError/Kind/unsupported`` if the store lists no tags. Nothing was changed.
    public func tags(of repository: String) async throws(TransshipError) -> [String] {
        let place: (RegistryHost, Repository)
        do throws(ReferenceError) { place = try Reference.parseRepository(repository) } catch {
            throw TransshipError(error)
        }
        let source = RepositoryPlace(StoreID(place.0), place.1)
        let store: any ContentSource = stores.store(at: place.0) ?? network.store(for: place.0)
        let listing = TagListing(settings: pace) { _ in store }
        switch await listing.tags(of: [source])[source] {
        case .success(let tags): return tags.map(\.name)
        case .failure(let failure): throw TransshipError(failure)
        case nil: throw TransshipError(.cancelled, "the task was cancelled")
        }
    }
}

/// Creates a ``Transship``, passes it to the body, and shuts it down, even if the body throws.
///
/// ```swift
/// let results = try await withTransship { transship in
///     await transship.copy(items)
/// }
/// ```
///
/// - Parameters:
///   - registries: options for connections to registries.
///   - credentials: the source of logins.
///   - stores: your own stores, by their host in references.
///   - isolation: the calling actor. Omit this argument.
///   - body: the code to run. Its value is returned.
/// - Throws: the errors of ``Transship/init(registries:credentials:stores:)`` and of the body.
public func withTransship<Value>(
    registries: RegistryOptions = RegistryOptions(), credentials: Credentials = .none,
    stores: [String: any ContentStore] = [:], isolation: isolated (any Actor)? = #isolation,
    _ body: (Transship) async throws -> sending Value
) async throws -> sending Value {
    let transship = try Transship(registries: registries, credentials: credentials, stores: stores)
    do {
        let value = try await body(transship)
        await transship.shutdown()
        return value
    } catch {
        await transship.shutdown()
        throw error
    }
}

extension Verification {
    /// The inspector for the layers of one run; nil if size and digest are enough.
    var inspector: LayerInspector? {
        let level: VerificationLevel
        switch self {
        case .digest: return nil
        case .unpacking: level = .unpack
        case .layerContent: level = .diffid
        }
        // One core stays free for moving the bytes.
        return LayerInspector(level, workers: InflateWorkers(threads: max(1, System.coreCount - 1)))
    }
}
