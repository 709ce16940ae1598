// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import RegistryAuth
import RegistryFaults
import Testing
import TransferEngine
import TransshipTesting

/// Two registries on the loopback, an engine that copies from one to the other, and a clock that jumps over every wait.
struct CopyStage: Sendable {
    let source: Loopback
    let target: Loopback
    let clock: JumpingClock

    /// One copy, `team/app` to `team/app` unless said otherwise.
    func item(
        _ from: Repository = .app, _ tag: OCI.Tag = .latest, to repository: Repository? = nil,
        platform: Platform? = nil
    ) -> TransferItem {
        TransferItem(
            source: TransferEndpoint(store: StoreID(named: "source"), repository: from, tag: tag, digest: nil),
            target: TransferEndpoint(
                store: StoreID(named: "target"), repository: repository ?? from, tag: tag, digest: nil),
            platforms: platform.map { PlatformChoice($0) })
    }

    /// Runs the copies to their ends.
    @discardableResult
    /// - Parameter mounts: whether the target mounts, where an earlier run found out.
    func copy(
        _ items: [TransferItem], mounts: Bool? = nil, _ change: (inout TransferSettings) -> Void = { _ in }
    ) async -> [ItemID: ItemReport] {
        var settings = TransferSettings()
        change(&settings)
        let stores = RunStores { [source, target] id, side in
            let place = id.name == "source" ? source : target
            return place.network.store(for: place.host, as: side == .source ? .source : .target)
        }
        var run = TransferRun(items: items, settings: settings, clock: clock, stores: stores)
        if let mounts { run.earlier.mounts = [StoreID(named: "target"): mounts] }
        let ended = await run.execute().compactMap(\.self)
        return Dictionary(uniqueKeysWithValues: ended.map { ($0.item, $0) })
    }

    /// Runs one copy and returns what it failed with.
    func copyOne(_ change: (inout TransferSettings) -> Void = { _ in }) async -> TransferFailure? {
        await copy([item()], change)[0]?.failure
    }

    /// The target has the image under the tag, byte for byte. Ends the target's script of faults.
    func expectArrival(
        of image: StageImage, in repository: Repository = .app, _ tag: OCI.Tag = .latest,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        target.faults.replaceRules([])
        let named = try await target.store.summary(of: .tag(tag), in: repository)?.digest
        #expect(named == image.root.digest, sourceLocation: sourceLocation)
        for manifest in image.manifests {
            let found = try await target.store.manifest(.digest(manifest.digest), in: repository)
            #expect(found.bytes == manifest.bytes, sourceLocation: sourceLocation)
            #expect(found.mediaType == manifest.mediaType, sourceLocation: sourceLocation)
        }
        for blob in image.blobs {
            let open = try await target.store.blob(blob.descriptor, in: repository, range: 0..<blob.descriptor.size)
            let isWhole = try await open.collected() == blob.bytes
            #expect(isWhole, "blob \(blob.descriptor.digest.short)", sourceLocation: sourceLocation)
        }
    }

    /// Nothing is at the target under the image's tag. Ends the target's script of faults.
    ///
    /// - Parameter blobs: nor is any of its blobs there.
    func expectUntouched(
        by image: StageImage, in repository: Repository = .app, blobs: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        target.faults.replaceRules([])
        let store = target.network.store(for: target.host, as: .target)
        let named = try await store.summary(of: .tag(.latest), in: repository)
        #expect(named == nil, sourceLocation: sourceLocation)
        for blob in image.blobs where blobs {
            let isThere = try await store.hasBlob(blob.descriptor, in: repository)
            #expect(!isThere, "blob \(blob.descriptor.digest.short)", sourceLocation: sourceLocation)
        }
    }
}

/// How one side of a copy behaves.
struct StageSide: Sendable {
    var habits: RegistryHabits?
    var rules: [FaultRule] = []
    var users: [String: String] = [:]
    var tokens = false
    var credentials: any CredentialSource = NoCredentials()
}

/// Sets up a copy, with the image at the source as `team/app:latest`, and ends both registries afterwards.
func withCopyStage<Result>(
    _ image: StageImage? = nil, from source: StageSide = StageSide(), to target: StageSide = StageSide(),
    options: RegistryNetworkOptions = .patient, _ body: (CopyStage) async throws -> Result
) async throws -> Result {
    let clock = JumpingClock()
    let now: @Sendable () -> Duration = { clock.now }
    return try await withRegistry(
        habits: source.habits, users: source.users, tokens: source.tokens, credentials: source.credentials,
        options: options, now: now
    ) { sourceLoopback in
        if let image { try await image.push(to: sourceLoopback.store, .app) }
        sourceLoopback.faults.replaceRules(source.rules)
        sourceLoopback.faults.forgetRequests()
        return try await withRegistry(
            rules: target.rules, habits: target.habits, users: target.users, tokens: target.tokens,
            credentials: target.credentials, options: options, now: now
        ) { targetLoopback in
            try await body(CopyStage(source: sourceLoopback, target: targetLoopback, clock: clock))
        }
    }
}

/// An image graph of sample blobs.
struct StageImage: Sendable {
    var blobs: [SampleBlob]
    /// Children first, the root last.
    var manifests: [ManifestContent]

    var root: ManifestContent { manifests[manifests.count - 1] }

    /// An image of a config and layers.
    ///
    /// - Parameters:
    ///   - seed: images with different seeds share nothing.
    ///   - layerType: the media type of every layer.
    ///   - more: further members of the manifest, each after a comma.
    init(
        layers: [Int] = [300_000], seed: UInt8 = 1, layerType: String = "application/vnd.oci.image.layer.v1.tar",
        configType: String = MediaType.ociConfig.essence, more: String = "", calledByType: Bool = true
    ) {
        let config = SampleBlob(size: 1_000 + Int(seed), seed: seed)
        let layerBlobs = layers.map { SampleBlob(size: $0, seed: seed &+ 100) }
        self.init(
            config: config, layerBlobs, layerType: layerType, configType: configType, more: more,
            calledByType: calledByType)
    }

    init(
        config: SampleBlob, _ layers: [SampleBlob], layerType: String = "application/vnd.oci.image.layer.v1.tar",
        configType: String = MediaType.ociConfig.essence, more: String = "", calledByType: Bool = true
    ) {
        let entries = layers.map { Self.json($0.descriptor, layerType) }.joined(separator: ",")
        let type = calledByType ? #""mediaType":"\#(MediaType.ociManifest.essence)","# : ""
        blobs = [config] + layers
        manifests = [
            Self.manifest(
                #"{"schemaVersion":2,\#(type)"config":\#(Self.json(config.descriptor, configType)),"#
                    + #""layers":[\#(entries)]\#(more)}"#)
        ]
    }

    /// An index of images.
    ///
    /// - Parameter listing: further entries, as JSON.
    init(index children: [StageImage], listing: [String] = []) {
        let entries = children.map { Self.json(descriptor(of: $0.root), $0.root.mediaType.essence) } + listing
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex.essence)","manifests":[\#(entries.joined(separator: ","))]}"#
        blobs = children.flatMap(\.blobs)
        manifests = children.flatMap(\.manifests) + [Self.manifest(text, .ociIndex)]
    }

    /// An image of given bytes and nothing below.
    init(manifest text: String, _ type: MediaType = .ociManifest, blobs: [SampleBlob]) {
        self.blobs = blobs
        manifests = [Self.manifest(text, type)]
    }

    func push(to store: RegistryStore, _ repository: Repository, tag: OCI.Tag = .latest) async throws {
        for blob in blobs { try await store.push(blob, to: repository) }
        for manifest in manifests.dropLast() {
            try await store.put(manifest, as: manifest.mediaType, at: .digest(manifest.digest), in: repository)
        }
        try await store.put(root, as: root.mediaType, at: .tag(tag), in: repository)
    }

    static func json(_ descriptor: Descriptor, _ type: String, more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(descriptor.digest)","size":\#(descriptor.size)\#(more)}"#
    }

    static func manifest(_ text: String, _ type: MediaType = .ociManifest) -> ManifestContent {
        let bytes = Array(text.utf8)
        return ManifestContent(bytes: bytes, mediaType: type, digest: ContentHash.digest(of: bytes))
    }
}

/// What an index says of a manifest.
func descriptor(of manifest: ManifestContent) -> Descriptor {
    Descriptor(mediaType: manifest.mediaType, digest: manifest.digest, size: Int64(manifest.bytes.count))
}

extension ItemReport {
    var isUnchanged: Bool { if case .unchanged = outcome { true } else { false } }
}

extension Loopback {
    /// How often something was asked, and answered with one of the statuses where they are given.
    func count(_ line: String, answered statuses: Set<UInt>? = nil) -> Int {
        requests.count { request in
            "\(request.method.rawValue) \(request.subject.rawValue)" == line
                && (statuses.map { $0.contains(request.status?.code ?? 0) } ?? true)
        }
    }
}
