package import Content
package import OCI
import Synchronization

/// Checks layers while they are copied or read, each once, and remembers for the run what they inflate to.
///
/// Two images that share a layer must both name its diff ID: the second one's is compared with what the first pass found.
package final class LayerInspector: ImageInspector {
    /// What became of a layer.
    fileprivate enum Outcome {
        case checked
        case notChecked(LayerTally.Reason)
    }

    fileprivate struct State {
        /// Layers that inflated without fault, with their diff ID where it was computed.
        var inflated: [Digest: Digest?] = [:]
        var outcomes: [Digest: Outcome] = [:]
        var tallies: [Digest: LayerTally] = [:]
    }

    private let level: VerificationLevel
    private let limit: ExpansionLimit
    private let workers: InflateWorkers
    private let state = Mutex(State())

    package init(_ level: VerificationLevel, limit: ExpansionLimit = ExpansionLimit(), workers: InflateWorkers) {
        self.level = level
        self.limit = limit
        self.workers = workers
    }

    package var comparesConfigs: Bool { level == .diffid }

    // MARK: - While bytes pass

    package func inspection(
        of blob: Descriptor, in image: InspectedImage?
    ) throws(ContentFailure) -> (any BlobInspection)? {
        guard level != .digest, let format = LayerFormat(blob.mediaType) else { return nil }
        let expected = try image?.diffIDs(of: blob) ?? []
        if let actual = knownDiffID(of: blob, format) { for diffID in expected { try blob.compare(actual, diffID) } }
        guard format == .gzip else { return nil }
        let algorithm = level == .diffid ? expected.first?.algorithm ?? .sha256 : nil
        return try LayerCheck(of: blob, hashing: algorithm, limit: limit, on: workers) {
            [self] verdict throws(ContentFailure) in
            state.withLock { $0.inflated[blob.digest] = .some(verdict.diffID) }
            guard let actual = verdict.diffID else { return }
            for diffID in expected { try blob.compare(actual, diffID) }
        }
    }

    /// The diff ID of an uncompressed layer is its digest; that of another one is known once it was inflated.
    private func knownDiffID(of layer: Descriptor, _ format: LayerFormat) -> Digest? {
        format == .tar ? layer.digest : state.withLock { $0.inflated[layer.digest] ?? nil }
    }

    // MARK: - When an image is complete

    package func needsConfig(for manifest: Manifest) -> Bool {
        level == .diffid
            && manifest.layers.contains { layer in
                LayerFormat(layer.mediaType).flatMap { knownDiffID(of: layer, $0) } != nil
            }
    }

    package func conclude(_ image: InspectedImage) throws(ContentFailure) {
        guard level != .digest else { return }
        var tally = LayerTally()
        for layer in image.manifest.layers {
            let outcome = try judge(layer, of: image)
            tally.add(outcome)
            state.withLock { $0.note(outcome, of: layer.digest) }
        }
        state.withLock { $0.tallies[image.digest] = tally }
    }

    private func judge(_ layer: Descriptor, of image: InspectedImage) throws(ContentFailure) -> Outcome {
        switch LayerFormat(layer.mediaType) {
        case nil: return .notChecked(.notALayer)
        case .zstd: return .notChecked(.zstd)
        case .encrypted: return .notChecked(.encrypted)
        case .tar:
            return level == .diffid ? try compare(layer, layer.digest, in: image) : .notChecked(.uncompressed)
        case .gzip:
            guard let found = state.withLock({ $0.inflated[layer.digest] }) else {
                return .notChecked(layer.mediaType.isNonDistributable ? .foreign : .alreadyAtTarget)
            }
            guard level == .diffid, let actual = found else { return .checked }
            return try compare(layer, actual, in: image)
        }
    }

    private func compare(
        _ layer: Descriptor, _ actual: Digest, in image: InspectedImage
    ) throws(ContentFailure) -> Outcome {
        let expected = try image.diffIDs(of: layer).filter { $0.algorithm == actual.algorithm }
        for diffID in expected { try layer.compare(actual, diffID) }
        return expected.isEmpty ? .notChecked(.noDiffID) : .checked
    }

    // MARK: - Counting

    /// Of the whole run, each layer once.
    package var tally: LayerTally {
        state.withLock { state in state.outcomes.values.reduce(into: LayerTally()) { $0.add($1) } }
    }

    package func takeTally(of manifest: Digest) -> LayerTally? {
        state.withLock { $0.tallies.removeValue(forKey: manifest) }
    }
}

extension LayerInspector.State {
    /// Checked for one image is checked.
    fileprivate mutating func note(_ outcome: LayerInspector.Outcome, of layer: Digest) {
        if case .checked? = outcomes[layer] { return }
        outcomes[layer] = outcome
    }
}

extension LayerTally {
    fileprivate mutating func add(_ outcome: LayerInspector.Outcome) {
        switch outcome {
        case .checked: checked += 1
        case .notChecked(let reason): notChecked[reason, default: 0] += 1
        }
    }
}

extension Manifest {
    /// An image's layers in order; of an artifact, all that stands in their place.
    fileprivate var layers: ArraySlice<Descriptor> { config == nil ? blobs[...] : blobs.dropFirst() }
}

extension InspectedImage {
    /// What the config says of a layer: more than one where the image has the layer more than once.
    fileprivate func diffIDs(of layer: Descriptor) throws(ContentFailure) -> [Digest] {
        guard let diffIDs = config?.diffIDs else { return [] }
        let layers = manifest.layers
        guard diffIDs.count == layers.count else {
            throw ContentFailure(
                .inconsistent,
                "the config of image \(digest.short) names \(diffIDs.count) diff IDs for \(layers.count) layers")
        }
        return zip(layers, diffIDs).filter { $0.0.digest == layer.digest }.map(\.1)
    }
}

extension Descriptor {
    fileprivate func compare(_ actual: Digest, _ expected: Digest) throws(ContentFailure) {
        guard actual == expected || actual.algorithm != expected.algorithm else {
            throw ContentFailure(
                .inconsistent,
                "layer \(digest.short) holds \(actual), but the image's config says \(expected)")
        }
    }
}
