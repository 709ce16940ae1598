// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A request of an image check.
struct ImageCheckRequest: StoreRequest {
    enum Content: Sendable {
        /// The manifest that was named.
        case root(ManifestSelector)
        /// The manifest that an index has for a platform.
        case chosen(Digest)
        case manifest(Digest, depth: Int)
        case config(Descriptor)
        /// A layer, to be unpacked.
        case layer(Descriptor)
        /// Whether the layer exists.
        case presence(Descriptor)
    }

    let store: StoreID
    let content: Content

    var lanes: RequestStores { RequestStores(reading: store) }

    var priority: RequestPriority {
        switch content {
        case .root, .chosen, .manifest, .config: .discover
        case .presence: .share
        case .layer: .move
        }
    }

    var bytesMoved: Int64? { if case .layer(let layer) = content { layer.size } else { nil } }

    var isPull: Bool {
        switch content {
        case .root, .chosen, .manifest: true
        case .config, .layer, .presence: false
        }
    }
}

enum ImageCheckAnswer: Sendable {
    case manifest(ManifestContent)
    case config(CheckedConfig)
    case layer(ExaminedLayer)
    case presence(Bool)
}

/// Sends an image check's requests to a store.
struct ImageCheckPerformer: Performer {
    let source: ImageCheck.Source
    let examiner: any LayerExaminer

    func perform(_ queued: Queued<ImageCheckRequest>) async -> Result<ImageCheckAnswer, TransferFailure> {
        do throws(ContentFailure) { return .success(try await ask(queued.request.content)) } catch {
            return .failure(TransferFailure(error, side: .source))
        }
    }

    func allowance(of store: StoreID, on side: TransferSide) -> PullAllowance? { source.allowance() }

    private func ask(_ content: ImageCheckRequest.Content) async throws(ContentFailure) -> ImageCheckAnswer {
        switch content {
        case .root(let selector): return .manifest(try await source.manifest(selector))
        case .chosen(let digest), .manifest(let digest, _):
            return .manifest(try await source.manifest(.digest(digest)))
        case .config(let config):
            let blob = VerifiedBlob(try await source.blob(config), expecting: config)
            return .config(
                CheckedConfig(try await blob.collected(upTo: Descriptor.largestConfig, named: "the config")))
        case .layer(let layer):
            return .layer(try await examiner.examine(VerifiedBlob(try await source.blob(layer), expecting: layer)))
        case .presence(let layer): return .presence(try await source.hasBlob(layer))
        }
    }
}
