// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import Synchronization

/// Checks layers while they are copied or read, each once, and keeps their diff IDs for the run.
///
/// Two images that share a layer must both name its diff ID: the second one's is compared with what the first pass found.
package final class LayerInspector: ImageInspector {
    /// The outcome of a layer.
    fileprivate enum Outcome {
        case checked
        case notChecked(LayerTally.Reason)
    }

    fileprivate struct State {
        /// The results of layers that were read without a fault.
        var found: [Digest: LayerCheck.Verdict] = [:]
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

    package func form(of type: MediaType) -> String? { LayerFormat(type).map { "\($0)" } }

    // MARK: - While bytes pass

    package func inspection(
        of blob: Descriptor, in image: InspectedImage?
    ) throws(ContentFailure) -> (any BlobInspection)? {
        guard level != .digest, let format = LayerFormat(blob.mediaType) else { return nil }
        let expected = try image?.diffIDs(of: blob) ?? []
        if let actual = found(blob)?.diffID { for diffID in expected { try blob.compare(actual, diffID) } }
        // An uncompressed layer cannot fail to unpack.
        guard let packing = format.packing, packing != .tar || level == .diffid else { return nil }
        let algorithm = level == .diffid ? expected.first?.algorithm ?? .sha256 : nil
        return LayerCheck(of: blob, declared: format, hashing: algorithm, limit: limit, on: workers) {
            [self] verdict throws(ContentFailure) in
            state.withLock { $0.found[blob.digest] = verdict }
            guard let actual = verdict.diffID else { return }
            for diffID in expected { try blob.compare(actual, diffID) }
        }
    }

    private func found(_ layer: Descriptor) -> LayerCheck.Verdict? { state.withLock { $0.found[layer.digest] } }

    // MARK: - When an image is complete

    package func needsConfig(for manifest: Manifest) -> Bool {
        level == .diffid
            && manifest.layers.contains { LayerFormat($0.mediaType) == .tar || found($0)?.diffID != nil }
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
        case .encrypted: return .notChecked(.encrypted)
        case .tar where level != .diffid: return .notChecked(.uncompressed)
        case .tar where found(layer) == nil: return try judgeUnread(layer, in: image)
        case .tar, .gzip, .zstd:
            guard let found = found(layer) else {
                return .notChecked(layer.mediaType.isNonDistributable ? .foreign : .alreadyAtTarget)
            }
            guard level == .diffid, let actual = found.diffID else { return .checked }
            return try compare(layer, actual, in: image)
        }
    }

    /// Judges a layer that was not read and whose media type says that it is uncompressed. This is true if its digest is
    /// the diff ID.
    private func judgeUnread(_ layer: Descriptor, in image: InspectedImage) throws(ContentFailure) -> Outcome {
        let expected = try image.diffIDs(of: layer)
        if expected.contains(layer.digest) { return .checked }
        if layer.mediaType.isNonDistributable { return .notChecked(.foreign) }
        return .notChecked(expected.isEmpty ? .noDiffID : .alreadyAtTarget)
    }

    private func compare(
        _ layer: Descriptor, _ actual: Digest, in image: InspectedImage
    ) throws(ContentFailure) -> Outcome {
        let expected = try image.diffIDs(of: layer).filter { $0.algorithm == actual.algorithm }
        for diffID in expected { try layer.compare(actual, diffID) }
        return expected.isEmpty ? .notChecked(.noDiffID) : .checked
    }

    // MARK: - Counting

    /// The counts of the whole run, each layer once.
    package var tally: LayerTally {
        state.withLock { state in state.outcomes.values.reduce(into: LayerTally()) { $0.add($1) } }
    }

    package func takeTally(of manifest: Digest) -> LayerTally? {
        state.withLock { $0.tallies.removeValue(forKey: manifest) }
    }
}

extension LayerInspector.State {
    /// A layer that was checked for one image counts as checked for all.
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
    /// An image's layers in order; for an artifact, all its blobs.
    fileprivate var layers: ArraySlice<Descriptor> { config == nil ? blobs[...] : blobs.dropFirst() }
}

extension InspectedImage {
    /// The config's diff IDs of a layer. There are several if the image has the layer several times.
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
