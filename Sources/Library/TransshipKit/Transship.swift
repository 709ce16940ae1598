// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import LayerVerification
import NIOCore
import OCI
import RegistryTransport
import TransferEngine

/// Copies, verifies and plans images between registries and layout folders: connections, logins and tokens, shared by all that is
/// done with it.
///
/// One for a process is enough; it may be used from many tasks at once. Whoever makes one must call ``shutdown()``, which
/// ``withTransship(registries:credentials:isolation:_:)`` does by itself.
///
/// ```swift
/// let transship = try Transship(credentials: .fixed(["registry.example": .password(secret, user: "ci")]))
/// let item = try CopyItem(from: ImageReference("redis:7"), to: ImageReference("registry.example/mirror/redis:7"))
/// let results = await transship.copy([item])
/// await transship.shutdown()
/// ```
public final class Transship: Sendable {
    let network: RegistryNetwork
    let connections: Int

    /// Opens nothing yet: connections are made when they are needed.
    ///
    /// - Parameters:
    ///   - registries: how registries are reached.
    ///   - credentials: where logins come from.
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` where certificates, proxies or rates cannot be used,
    ///   and ``TransshipError/Kind/unauthorized`` where a login file of this machine cannot be read. Nothing needs to be shut
    ///   down then.
    public init(
        registries: RegistryOptions = RegistryOptions(), credentials: Credentials = .none
    ) throws(TransshipError) {
        let options = try registries.networkOptions()
        let transport: HTTPClientTransport
        do throws(TransportSetupError) { transport = try HTTPClientTransport(options.transportSettings) } catch {
            throw TransshipError(.invalid, error.description)
        }
        let source = try credentials.credentialSource(transport, userAgent: options.userAgent)
        network = RegistryNetwork(options: options, credentials: source, transport: transport, clock: .system)
        connections = options.connectionsPerHost / 2
    }

    /// Ends every connection. What still runs fails; nothing can be done with this value afterwards.
    public func shutdown() async { await network.shutdown() }

    /// All tags of a repository, in the registry's order.
    ///
    /// - Parameter repository: `[HOST[:PORT]/]PATH`, without tag and digest.
    /// - Throws: ``TransshipError``, of kind ``TransshipError/Kind/notFound`` where there is no such repository.
    public func tags(of repository: String) async throws(TransshipError) -> [String] {
        let place: (RegistryHost, Repository)
        do throws(ReferenceError) { place = try Reference.parseRepository(repository) } catch {
            throw TransshipError(error)
        }
        let source = SourcePlace(StoreID(place.0), place.1)
        let listing = TagListing(settings: TransferSettings().requests) { [network] _ in network.store(for: place.0) }
        switch await listing.tags(of: [source])[source] {
        case .success(let tags): return tags.map(\.name)
        case .failure(let failure): throw TransshipError(failure)
        case nil: throw TransshipError(.cancelled, "the task was cancelled")
        }
    }
}

/// Makes a ``Transship``, lets the body use it, and shuts it down, whatever comes of the body.
///
/// ```swift
/// let results = try await withTransship { transship in
///     await transship.copy(items)
/// }
/// ```
///
/// - Parameters:
///   - registries: how registries are reached.
///   - credentials: where logins come from.
///   - isolation: the actor that calls; leave it out.
///   - body: what is to be done; its value is returned.
/// - Throws: what ``Transship/init(registries:credentials:)`` throws, and what the body throws.
public func withTransship<Value>(
    registries: RegistryOptions = RegistryOptions(), credentials: Credentials = .none,
    isolation: isolated (any Actor)? = #isolation, _ body: (Transship) async throws -> sending Value
) async throws -> sending Value {
    let transship = try Transship(registries: registries, credentials: credentials)
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
    /// What looks into the layers of one run; nil where size and digest are enough.
    var inspector: LayerInspector? {
        let level: VerificationLevel
        switch self {
        case .digest: return nil
        case .unpacking: level = .unpack
        case .layerContent: level = .diffid
        }
        // One core stays with those who move the bytes.
        return LayerInspector(level, workers: InflateWorkers(threads: max(1, System.coreCount - 1)))
    }
}
