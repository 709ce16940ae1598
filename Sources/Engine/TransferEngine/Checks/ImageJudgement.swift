// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Compares what the parts of an image say of each other, once all of them have been read. Pure.
///
/// Checks the same things as crane (go-containerregistry, pkg/v1/validate), in crane's order and words. It differs where
/// crane's answer is wrong: layers that are not compressed, or are compressed with zstd, are compared by their diff ID.
struct ImageJudgement {
    private let facts: ImageFacts
    private let bounds: GraphBounds
    private let readsLayers: Bool
    private let examines: (MediaType) -> Bool
    /// The problems of the manifests that were judged. A manifest that occurs in many places is judged once.
    private var judged: [Digest: String?] = [:]
    private var remarks: [String] = []

    init(_ facts: ImageFacts, bounds: GraphBounds, readsLayers: Bool, examines: @escaping (MediaType) -> Bool) {
        self.facts = facts
        self.bounds = bounds
        self.readsLayers = readsLayers
        self.examines = examines
    }

    mutating func findings(on root: Digest) -> ImageFindings {
        let problem = told { judgement throws(ContentFailure) in
            try judgement.problem(with: judgement.seen(root), named: root, depth: 1)
        }
        return ImageFindings(problem: problem, remarks: remarks)
    }

    private func seen(_ digest: Digest) throws(ContentFailure) -> SeenManifest {
        try (facts.manifests[digest] ?? .failure(.cancelled)).get()
    }

    /// A failure is a finding.
    private mutating func told(_ look: (inout Self) throws(ContentFailure) -> String?) -> String? {
        do throws(ContentFailure) { return try look(&self) } catch { return error.message }
    }

    private mutating func problem(
        with seen: SeenManifest, named digest: Digest, depth: Int
    ) throws(ContentFailure) -> String? {
        if let known = judged[digest] { return known }
        let problem = told { judgement throws(ContentFailure) in
            if let failure = judgement.bounds.failure(depth: depth, reached: 0) { throw failure }
            let manifest = try seen.manifest.get()
            guard manifest.kind == .index else { return try judgement.problem(withImage: manifest) }
            return judgement.told { judgement throws(ContentFailure) in
                try judgement.problem(withChildrenOf: manifest, seen.platforms, depth)
            }.map { "validating children: \($0)" }
        }
        judged[digest] = .some(problem)
        return problem
    }

    // MARK: - Images

    private mutating func problem(withImage manifest: Manifest) throws(ContentFailure) -> String? {
        guard let config = manifest.config else {
            throw ContentFailure(.unsupported, "unsupported MediaType: \"\(manifest.mediaType)\"")
        }
        let layers = Array(manifest.blobs.dropFirst())
        let read = facts.configs[CheckedBlob(config)] ?? .failure(.cancelled)
        let problems = [
            told { judgement throws(ContentFailure) in try judgement.problem(with: layers, read) }
                .map { "validating layers: \($0)" },
            told { _ throws(ContentFailure) in try read.get().problem }.map { "validating config: \($0)" },
        ]
        return Self.joined(problems, by: "\n\n")
    }

    private mutating func problem(
        with layers: [Descriptor], _ config: Result<CheckedConfig, ContentFailure>
    ) throws(ContentFailure) -> String? {
        guard readsLayers else { return problem(withPresenceOf: layers) }
        var diffIDs: [(position: Int, diffID: Digest)] = []
        for (position, layer) in layers.enumerated() where examines(layer.mediaType) {
            diffIDs.append((position, try diffID(of: layer, at: position)))
        }
        let named = try config.get().diffIDs.get()
        guard named.count == layers.count || diffIDs.isEmpty else {
            return "mismatched fs layers (\(layers.count)) and diff ids (\(named.count))"
        }
        let problems = diffIDs.map { position, diffID in
            named[position] == diffID ? nil : Self.mismatch(at: position, named: named[position], found: diffID)
        }
        return Self.joined(problems, by: "\n")
    }

    /// Three lines, because crane compares three times.
    private static func mismatch(at position: Int, named: Digest, found: Digest) -> String {
        let head = "mismatched layer[\(position)] diffid:"
        return """
            \(head) DiffID()=\(named), SHA256(Gunzip(Compressed()))=\(found)
            \(head) DiffID()=\(named), SHA256(Uncompressed())=\(found)
            \(head) ConfigFile.RootFS.DiffIDs[\(position)]=\(named), SHA256(Gunzip(Compressed()))=\(found)
            """
    }

    private mutating func problem(withPresenceOf layers: [Descriptor]) -> String? {
        var problems: [String?] = []
        for layer in layers {
            problems.append(
                told { judgement throws(ContentFailure) in
                    let presence = judgement.facts.presence[CheckedBlob(layer)] ?? .failure(.cancelled)
                    return try presence.get() ? nil : "layer does not exist"
                })
        }
        return Self.joined(problems, by: "\n")
    }

    /// - Parameter position: nil for an entry of an index.
    private func diffID(of layer: Descriptor, at position: Int?) throws(ContentFailure) -> Digest {
        let name = position.map { "layer[\($0)]" } ?? "layer"
        switch try (facts.layers[CheckedBlob(layer)] ?? .failure(.cancelled)).get() {
        case .archive(let diffID): return diffID
        case .cut:
            let size = position.map { ": Manifest.Layers[\($0)].Size=\(layer.size)" } ?? ""
            throw ContentFailure(.corrupt, "undersized \(name) content\(size)")
        case .unreadable(let packing, let reason):
            throw ContentFailure(.corrupt, "\(name) \(layer.digest): \(packing): \(reason)")
        case .noArchive(let reason): throw ContentFailure(.corrupt, reason)
        }
    }

    // MARK: - Indexes

    /// - Throws: the failure of the first child that could not be read. crane stops there.
    private mutating func problem(
        withChildrenOf index: Manifest, _ platforms: [JSON], _ depth: Int
    ) throws(ContentFailure) -> String? {
        var problems: [String?] = []
        for (position, child) in index.children.enumerated() {
            let place = "[\(position)](\(child.digest)): "
            if child.isCheckedAsManifest {
                let platform = platforms.indices.contains(position) ? platforms[position] : .null
                problems += try self.problems(withManifest: child, on: platform, at: place, depth: depth)
                continue
            }
            let problem = told { judgement throws(ContentFailure) in try judgement.problem(withLayer: child) }
                .map { "failed to validate layer Manifests\(place)\($0)" }
            if child.mediaType.isNonDistributable, let problem {
                remarks.append("nondistributable layer failure: \(problem)")
            } else {
                problems.append(problem)
            }
        }
        return Self.joined(problems, by: "\n")
    }

    private mutating func problems(
        withManifest child: Descriptor, on platform: JSON, at place: String, depth: Int
    ) throws(ContentFailure) -> [String?] {
        let seen = try self.seen(child.digest)
        let problem = try problem(with: seen, named: child.digest, depth: depth + 1)
        let problems = [
            ("Manifests", problem ?? Self.wrongSize(seen, child)), ("MediaType", Self.wrongType(seen, child)),
            ("platform", wrongPlatform(seen, platform)),
        ]
        let word = child.mediaType.manifestKind == .index ? "index" : "image"
        return problems.map { what, problem in problem.map { "failed to validate \(word) \(what)\(place)\($0)" } }
    }

    private mutating func problem(withLayer layer: Descriptor) throws(ContentFailure) -> String? {
        guard readsLayers else { return problem(withPresenceOf: [layer]) }
        _ = try diffID(of: layer, at: nil)
        return nil
    }

    private static func wrongSize(_ seen: SeenManifest, _ child: Descriptor) -> String? {
        seen.size == child.size ? nil : "the manifest has \(seen.size) bytes, its index says \(child.size)"
    }

    private static func wrongType(_ seen: SeenManifest, _ child: Descriptor) -> String? {
        guard let type = seen.understood?.mediaType, type != child.mediaType else { return nil }
        return "mismatched mediaType: MediaType() = \(type) != \(child.mediaType)"
    }

    private func wrongPlatform(_ seen: SeenManifest, _ wanted: JSON) -> String? {
        guard !wanted.isNull, let config = seen.understood?.config,
            case .success(let read)? = facts.configs[CheckedBlob(config)], let platform = read.platform
        else { return nil }
        return PlatformMismatch(config: platform, wanted: wanted).text
    }

    /// A long text is cut, because nested indexes can name one damaged image any number of times.
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
