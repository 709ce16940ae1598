// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What a survey read at the sources, as a source would return it again, reduced to what a copy uses.
package struct SurveyedSources: Sendable {
    enum Node: Sendable {
        case failed(TransferFailure)
        case known(isIndex: Bool, children: [SurveyCollector.Child], blobs: [Int], size: Int64)
    }

    var tags: [SourceTag: Result<Digest, TransferFailure>] = [:]
    var nodes: [ManifestCache.Key: Node] = [:]
    var blobs: [Survey.Content] = []
    /// The digests of indexes that a copy will make.
    var madeDigests: [IndexChoice: Digest] = [:]

    func digest(of tag: SourceTag) throws(TransferFailure) -> Digest {
        do throws(TransferFailure) { return try (tags[tag] ?? .failure(.notRead)).get() } catch {
            throw Self.final(error)
        }
    }

    /// Whether a manifest was requested, successfully or not.
    func knows(_ selector: ManifestSelector, of store: StoreID) -> Bool {
        guard case .digest(let digest) = selector else { return true }
        return nodes[ManifestCache.Key(store: store, digest: digest)] != nil
    }

    func manifest(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) throws(TransferFailure) -> ManifestContent {
        let digest: Digest =
            switch selector {
            case .digest(let digest): digest
            case .tag(let tag): try self.digest(of: SourceTag(store: store, repository: repository, tag: tag))
            }
        switch nodes[ManifestCache.Key(store: store, digest: digest)] {
        case .known(let isIndex, let children, let blobs, let size):
            let document = isIndex ? Self.index(children) : image(blobs)
            return ManifestContent(
                bytes: Self.bytes(of: document, filling: size), mediaType: isIndex ? .ociIndex : .ociManifest,
                digest: digest)
        case .failed(let failure): throw Self.final(failure)
        case nil: throw Self.final(.notRead)
        }
    }

    /// The failure as a final one. All retries were made during the survey, and what it says about its registry was handled
    /// then.
    private static func final(_ failure: TransferFailure) -> TransferFailure {
        let kind: ContentFailure.Kind = failure.cause.kind == .notFound ? .notFound : .invalid
        return TransferFailure(ContentFailure(kind, failure.cause.message), side: .source)
    }

    // MARK: - Documents

    /// A neutral media type. Foreign layers have already been removed.
    private static let anyType = "a/b"

    private func image(_ numbers: [Int]) -> JSON {
        let entries = numbers.map { number in
            Self.descriptor(Self.anyType, blobs[number].digest, size: blobs[number].size)
        }
        guard let config = entries.first else { return .object(["blobs": .array([])]) }
        return .object(["config": config, "layers": .array(Array(entries.dropFirst()))])
    }

    private static func index(_ children: [SurveyCollector.Child]) -> JSON {
        .object(["manifests": .array(children.map(entry))])
    }

    private static func entry(_ child: SurveyCollector.Child) -> JSON {
        let type = child.isManifest ? MediaType.ociIndex.essence : anyType
        var members = descriptor(type, child.digest, size: child.size).members ?? []
        if let platform = child.platform {
            var fields = [("os", platform.os), ("architecture", platform.architecture)]
            if let variant = platform.variant { fields.append(("variant", variant)) }
            if let version = platform.osVersion { fields.append(("os.version", version)) }
            let platform = fields.map { JSON.Member(key: $0.0, value: .string($0.1)) }
            members.append(JSON.Member(key: "platform", value: .object(platform)))
        }
        if let attested = child.attestedDigest {
            members.append(JSON.Member(key: "annotations", value: Descriptor.attestation(of: attested)))
        }
        return .object(members)
    }

    private static func descriptor(_ type: String, _ digest: Digest, size: Int64) -> JSON {
        .object(["mediaType": .string(type), "digest": .string(digest.text), "size": JSON(size)])
    }

    /// The document, filled with blanks up to the size of the original, which its index names.
    private static func bytes(of document: JSON, filling size: Int64) -> [UInt8] {
        let bytes = Array(document.text.utf8)
        let missing = max(0, Int(clamping: size) - bytes.count)
        return bytes + [UInt8](repeating: UInt8(ascii: " "), count: missing)
    }
}
