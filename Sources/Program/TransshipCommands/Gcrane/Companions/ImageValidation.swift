// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import LayerVerification
import NIOCore
import OCI

/// Whether an image is what it says it is: layers, config and manifest, told in crane's words where they disagree.
///
/// Looks at the same things as crane does (go-containerregistry, pkg/v1/validate), and differs where crane's answer is not
/// true of the image: layers that are not compressed, or packed with zstd, count by their diff ID.
struct ImageValidation {
    /// Where everything comes from.
    struct Source {
        var manifest: (Digest) async throws -> ManifestContent
        var blob: (Descriptor) async throws -> BlobStream
        var hasBlob: (Descriptor) async throws -> Bool
    }

    let source: Source
    let readsLayers: Bool
    /// Told what was not looked into.
    let remark: (String) -> Void

    private let known = Known()

    init(_ source: Source, readsLayers: Bool, remark: @escaping (String) -> Void) {
        self.source = source
        self.readsLayers = readsLayers
        self.remark = remark
    }

    private static let deepestNesting = 16
    private static let largestConfig = 32 << 20

    /// - Returns: what is wrong, in lines; nil where nothing is.
    /// - Throws: only where the user has interrupted this.
    func problem(with content: ManifestContent) async throws -> String? {
        try await problem(with: content, depth: 0)
    }

    private func problem(with content: ManifestContent, depth: Int) async throws -> String? {
        try await told {
            guard depth < Self.deepestNesting else {
                throw ContentFailure(.tooLarge, "indexes nested more than \(Self.deepestNesting) levels deep")
            }
            let manifest = try content.parsed()
            guard manifest.kind == .index else { return try await problem(withImage: manifest) }
            let platforms = Self.platforms(in: content)
            return (try await told { try await problem(withChildrenOf: manifest, platforms, depth) })
                .map { "validating children: \($0)" }
        }
    }

    /// A failure is a finding, except for an interruption.
    private func told(_ look: () async throws -> String?) async throws -> String? {
        do { return try await look() } catch let failure as ContentFailure where failure.kind != .cancelled {
            return failure.message
        } catch let failure as CommandFailure {
            return failure.messages.joined(separator: "\n")
        }
    }

    // MARK: - Images

    private func problem(withImage manifest: Manifest) async throws -> String? {
        guard let config = manifest.config else {
            throw ContentFailure(.unsupported, "unsupported MediaType: \"\(manifest.mediaType)\"")
        }
        let layers = Array(manifest.blobs.dropFirst())
        let read = try await Result.of { try await self.bytes(of: config) }
        let problems = [
            (try await told { try await problem(with: layers, read) }).map { "validating layers: \($0)" },
            (try await told { try Self.problem(withConfig: try read.get()) }).map { "validating config: \($0)" },
        ]
        return Self.joined(problems, by: "\n\n")
    }

    private func bytes(of config: Descriptor) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in VerifiedBlob(try await source.blob(config), expecting: config) {
            bytes += buffer.readableBytesView
            guard bytes.count <= Self.largestConfig else {
                throw ContentFailure(.tooLarge, "the config has more than \(Self.largestConfig) bytes")
            }
        }
        return bytes
    }

    private static func problem(withConfig bytes: [UInt8]) throws -> String? {
        let document: JSON
        do { document = try JSON(bytes) } catch { throw ContentFailure(.invalid, "\(error)") }
        let type = document["rootfs"]?["type"]?.string ?? ""
        return type == "layers" ? nil : "invalid ConfigFile.RootFS.Type: \"\(type.displayable)\" != \"layers\""
    }

    // MARK: - Layers

    private func problem(with layers: [Descriptor], _ config: Result<[UInt8], any Error>) async throws -> String? {
        guard readsLayers else { return try await problem(withPresenceOf: layers) }
        var diffIDs: [Int: Digest] = [:]
        for (position, layer) in layers.enumerated() where LayerFormat(layer.mediaType) != nil {
            diffIDs[position] = try await diffID(of: layer, at: position)
        }
        let named = try Self.diffIDs(in: try config.get())
        guard named.count == layers.count || diffIDs.isEmpty else {
            return "mismatched fs layers (\(layers.count)) and diff ids (\(named.count))"
        }
        let problems = diffIDs.sorted { $0.key < $1.key }.map { position, diffID in
            named[position] == diffID ? nil : Self.mismatch(at: position, named: named[position], found: diffID)
        }
        return Self.joined(problems, by: "\n")
    }

    private static func diffIDs(in config: [UInt8]) throws -> [Digest] {
        do throws(ImageConfigError) { return try ImageConfig(config).diffIDs ?? [] } catch {
            throw ContentFailure(.invalid, "\(error)")
        }
    }

    /// Three lines, for crane compares three times.
    private static func mismatch(at position: Int, named: Digest, found: Digest) -> String {
        let head = "mismatched layer[\(position)] diffid:"
        return """
            \(head) DiffID()=\(named), SHA256(Gunzip(Compressed()))=\(found)
            \(head) DiffID()=\(named), SHA256(Uncompressed())=\(found)
            \(head) ConfigFile.RootFS.DiffIDs[\(position)]=\(named), SHA256(Gunzip(Compressed()))=\(found)
            """
    }

    private func problem(withPresenceOf layers: [Descriptor]) async throws -> String? {
        var problems: [String?] = []
        for layer in layers {
            problems.append(try await told { try await source.hasBlob(layer) ? nil : "layer does not exist" })
        }
        return Self.joined(problems, by: "\n")
    }

    /// - Parameter position: nil for what stands in an index.
    private func diffID(of layer: Descriptor, at position: Int?) async throws -> Digest {
        if let known = known.diffIDs[layer.digest] { return known }
        let diffID = try await readDiffID(of: layer, at: position)
        known.diffIDs[layer.digest] = diffID
        return diffID
    }

    private func readDiffID(of layer: Descriptor, at position: Int?) async throws -> Digest {
        var reading = LayerReading()
        let name = position.map { "layer[\($0)]" } ?? "layer"
        do {
            for try await buffer in VerifiedBlob(try await source.blob(layer), expecting: layer) {
                try reading.take(buffer)
            }
            return try reading.finish()
        } catch  where Self.isCut(error) {
            let size = position.map { ": Manifest.Layers[\($0)].Size=\(layer.size)" } ?? ""
            throw ContentFailure(.corrupt, "undersized \(name) content\(size)")
        } catch let error as LayerFailure {
            throw ContentFailure(.corrupt, "\(name) \(layer.digest): \(error.packing.rawValue): \(error)")
        } catch let error as ArchiveProblem {
            throw ContentFailure(.corrupt, "\(error)")
        }
    }

    private static func isCut(_ error: any Error) -> Bool {
        if case .cut? = error as? ArchiveProblem { return true }
        return (error as? LayerFailure)?.reason == .truncated
    }

    // MARK: - Indexes

    /// What an index says of its children's platforms, as it says it.
    private static func platforms(in index: ManifestContent) -> [JSON] {
        ((try? JSON(index.bytes))?["manifests"]?.array ?? []).map { $0["platform"] ?? .null }
    }

    private func problem(
        withChildrenOf index: Manifest, _ platforms: [JSON], _ depth: Int
    ) async throws -> String? {
        var problems: [String?] = []
        for (position, child) in index.children.enumerated() {
            let place = "[\(position)](\(child.digest)): "
            if let kind = child.mediaType.manifestKind, kind == .index || kind == .image {
                let platform = platforms.indices.contains(position) ? platforms[position] : .null
                problems += try await self.problems(withManifest: child, kind, platform, at: place, depth: depth)
                continue
            }
            let problem = try await told { try await self.problem(withLayer: child) }
                .map { "failed to validate layer Manifests\(place)\($0)" }
            if child.mediaType.isNonDistributable, let problem {
                remark("nondistributable layer failure: \(problem)")
            } else {
                problems.append(problem)
            }
        }
        return Self.joined(problems, by: "\n")
    }

    private func problems(
        withManifest child: Descriptor, _ kind: ManifestKind, _ platform: JSON, at place: String, depth: Int
    ) async throws -> [String?] {
        let seen = try await look(at: child, depth + 1)
        let problems = [
            ("Manifests", seen.problem ?? Self.wrongSize(seen, child)), ("MediaType", Self.wrongType(seen, child)),
            ("platform", try await told { try await wrongPlatform(seen, platform) }),
        ]
        let word = kind == .index ? "index" : "image"
        return problems.map { what, problem in problem.map { "failed to validate \(word) \(what)\(place)\($0)" } }
    }

    /// A child that stands in many places is looked at once.
    private func look(at child: Descriptor, _ depth: Int) async throws -> SeenManifest {
        if let seen = known.manifests[child.digest] { return seen }
        let content = try await source.manifest(child.digest)
        let manifest = try? content.parsed()
        let seen = SeenManifest(
            size: content.bytes.count, mediaType: manifest?.mediaType, config: manifest?.config,
            problem: try await problem(with: content, depth: depth))
        known.manifests[child.digest] = seen
        return seen
    }

    private func problem(withLayer layer: Descriptor) async throws -> String? {
        guard readsLayers else { return try await problem(withPresenceOf: [layer]) }
        _ = try await diffID(of: layer, at: nil)
        return nil
    }

    private static func wrongSize(_ seen: SeenManifest, _ child: Descriptor) -> String? {
        seen.size == child.size ? nil : "the manifest has \(seen.size) bytes, its index says \(child.size)"
    }

    private static func wrongType(_ seen: SeenManifest, _ child: Descriptor) -> String? {
        guard let type = seen.mediaType, type != child.mediaType else { return nil }
        return "mismatched mediaType: MediaType() = \(type) != \(child.mediaType)"
    }

    private func wrongPlatform(_ seen: SeenManifest, _ wanted: JSON) async throws -> String? {
        guard !wanted.isNull, let config = seen.config else { return nil }
        guard let document = try? JSON(try await bytes(of: config)) else { return nil }
        return PlatformMismatch(config: document, wanted: wanted).text
    }

    /// Cut where it gets long: indexes of indexes can name one damaged image as often as they like.
    private static func joined(_ problems: [String?], by separator: String) -> String? {
        var text: String?
        for problem in problems.compactMap(\.self) {
            text = text.map { $0 + separator + problem } ?? problem
            if let long = text, long.utf8.count > longestText { return String(long.prefix(longestText)) + "…" }
        }
        return text
    }

    private static let longestText = 64 << 10
}

/// What came of looking at a child of an index.
private struct SeenManifest {
    let size: Int
    let mediaType: MediaType?
    let config: Descriptor?
    let problem: String?
}

/// What images share is read once.
private final class Known {
    var diffIDs: [Digest: Digest] = [:]
    var manifests: [Digest: SeenManifest] = [:]
}

extension Result where Failure == any Error {
    /// What came of work that other work needs, success or not; an interruption ends both.
    fileprivate static func of(_ work: () async throws -> Success) async throws -> Self {
        do { return .success(try await work()) } catch let failure as ContentFailure where failure.kind == .cancelled {
            throw failure
        } catch {
            return .failure(error)
        }
    }
}
