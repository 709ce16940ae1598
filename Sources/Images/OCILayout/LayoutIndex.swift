// SPDX-License-Identifier: Apache-2.0

import OCI

/// A layout's `index.json` as a value: the images and their names.
///
/// Unknown members are kept unchanged.
struct LayoutIndex {
    private var document: JSON

    static let empty = LayoutIndex(document: .ociIndex(of: []))

    /// The annotation that holds an image's name (image-spec, annotations.md).
    static let nameKey = "org.opencontainers.image.ref.name"

    private init(document: JSON) { self.document = document }

    init(_ bytes: [UInt8]) throws(LayoutProblem) {
        do { document = try JSON(bytes) } catch { throw .unreadable("index.json", error.description) }
        guard document["manifests"]?.array != nil else { throw .unreadable("index.json", "it lists no manifests") }
    }

    /// The file as crane writes it, so that it has crane's digest if it is pushed as an index.
    var bytes: [UInt8] { document.goBytes(indentedBy: "   ") }

    /// The images, in order. Entries that are not descriptors are skipped.
    var entries: [Descriptor] {
        (document["manifests"]?.array ?? []).compactMap { entry in
            guard let digest = entry["digest"]?.string.flatMap({ try? Digest($0) }),
                let size = Descriptor.size(in: entry)
            else { return nil }
            return Descriptor(
                mediaType: MediaType(entry["mediaType"]?.string ?? ""), digest: digest, size: size,
                artifactType: entry["artifactType"]?.string.map { MediaType($0) },
                annotations: entry["annotations"]?.stringMap ?? [:])
        }
    }

    var tags: [Tag] {
        entries.compactMap { $0.annotations[Self.nameKey].flatMap { try? Tag($0) } }
    }

    /// The digest with exactly this name. Unlike in `entry`, `latest` does not mean the only image without a name.
    func digest(named tag: Tag) -> Digest? { entries.last { $0.annotations[Self.nameKey] == tag.name }?.digest }

    /// The image with this name. If no image has a name, `latest` means the only image.
    func entry(_ tag: Tag) -> Descriptor? {
        let entries = entries
        // If two entries have the same name, the later one counts, as tools that only append entries intend.
        if let named = entries.last(where: { $0.annotations[Self.nameKey] == tag.name }) { return named }
        // crane sets an image's artifact type to the media type of its config, so such an entry is not an artifact.
        let images = entries.filter { [nil, .ociConfig, .dockerConfig].contains($0.artifactType) }
        guard tag == .latest, images.count == 1, images[0].annotations[Self.nameKey] == nil else { return nil }
        return images[0]
    }

    /// Adds the entry of a referrer, unless its manifest is listed already.
    mutating func add(referrer entry: JSON) {
        let list = document["manifests"]?.array ?? []
        guard !list.contains(where: { $0["digest"] == entry["digest"] }) else { return }
        replaceList(list + [entry])
    }

    /// Adds an entry that is complete. An equal entry is replaced.
    mutating func add(_ entry: JSON) { replace(by: entry) { $0 == entry } }

    /// Sets `tag` to `descriptor`. The content that the tag named before stays in the folder. Other unnamed entries
    /// stay in the list.
    mutating func set(_ tag: Tag, to descriptor: Descriptor) {
        var descriptor = descriptor
        // The named entry of a referrer keeps the artifact type and the annotations of its unnamed entry.
        if let known = entries.first(where: { $0.digest == descriptor.digest && $0.annotations[Self.nameKey] == nil }) {
            descriptor.artifactType = known.artifactType
            descriptor.annotations = known.annotations
        }
        replace(by: Self.entry(descriptor, named: tag)) { Self.name(of: $0) == tag.name }
    }

    /// Adds an entry at the end and removes the entries that it replaces, because two entries of one manifest would
    /// count as two images.
    private mutating func replace(by entry: JSON, _ isReplaced: (JSON) -> Bool) {
        let list = document["manifests"]?.array ?? []
        replaceList(list.filter { !isReplaced($0) && !Self.isCovered($0, by: entry) } + [entry])
    }

    /// Whether an entry has no name, the same manifest, and the same platform or none. An index may list one manifest
    /// for several platforms.
    private static func isCovered(_ old: JSON, by entry: JSON) -> Bool {
        old["digest"] == entry["digest"] && name(of: old) == nil
            && (old["platform"] == nil || old["platform"] == entry["platform"])
    }

    private static func name(of entry: JSON) -> String? { entry["annotations"]?[nameKey]?.string }

    private mutating func replaceList(_ list: [JSON]) {
        guard case .object(var members) = document else { return }
        for position in members.indices where members[position].key == "manifests" {
            members[position].value = .array(list)
        }
        document = .object(members)
    }

    private static func entry(_ descriptor: Descriptor, named tag: Tag) -> JSON {
        var annotations = descriptor.annotations
        annotations[nameKey] = tag.name
        let texts = annotations.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { JSON.Member(key: $0, value: .string($1)) }
        return .object(compacting: [
            "mediaType": .string(descriptor.mediaType.essence), "size": JSON(descriptor.size),
            "digest": .string(descriptor.digest.text), "annotations": .object(texts),
            "artifactType": descriptor.artifactType.map { .string($0.asReceived) },
        ])
    }
}

/// What is wrong with a layout.
enum LayoutProblem: Error, CustomStringConvertible {
    case unreadable(String, String)

    var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason.displayable)"
        }
    }
}
