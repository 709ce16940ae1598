// SPDX-License-Identifier: Apache-2.0

import OCI

/// A layout's `index.json`, as a value: which images there are, and what they are called.
///
/// Everything in it that is not understood is kept as it was.
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

    /// The images, in order. Entries that are no descriptors are passed over.
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

    /// What a name stands for, and nothing else does.
    func digest(named tag: Tag) -> Digest? { entries.last { $0.annotations[Self.nameKey] == tag.name }?.digest }

    /// The image with this name. If no image has a name, `latest` means the only image.
    func entry(_ tag: Tag) -> Descriptor? {
        let entries = entries
        // Of two with one name the later one counts: tools that only append mean it so.
        if let named = entries.last(where: { $0.annotations[Self.nameKey] == tag.name }) { return named }
        // crane gives an image the type of its config, which is no artifact's.
        let images = entries.filter { [nil, .ociConfig, .dockerConfig].contains($0.artifactType) }
        guard tag == .latest, images.count == 1, images[0].annotations[Self.nameKey] == nil else { return nil }
        return images[0]
    }

    /// Lists a manifest by what it is to its subject; once is enough.
    mutating func add(referrer entry: JSON) {
        let list = document["manifests"]?.array ?? []
        guard !list.contains(where: { $0["digest"] == entry["digest"] }) else { return }
        replaceList(list + [entry])
    }

    /// Lists what is described in full; once is enough.
    mutating func add(_ entry: JSON) { replace(by: entry) { $0 == entry } }

    /// Lets `tag` name `descriptor`; what it named before stays in the folder, other unnamed entries stay in the list.
    mutating func set(_ tag: Tag, to descriptor: Descriptor) {
        var descriptor = descriptor
        // What a list says of a referrer is said of it under its name as well.
        if let known = entries.first(where: { $0.digest == descriptor.digest && $0.annotations[Self.nameKey] == nil }) {
            descriptor.artifactType = known.artifactType
            descriptor.annotations = known.annotations
        }
        replace(by: Self.entry(descriptor, named: tag)) { Self.name(of: $0) == tag.name }
    }

    /// Adds an entry at the end, and removes entries that it makes superfluous, because two entries of one manifest would
    /// count as two images.
    private mutating func replace(by entry: JSON, _ isReplaced: (JSON) -> Bool) {
        let list = document["manifests"]?.array ?? []
        replaceList(list.filter { !isReplaced($0) && !Self.isCovered($0, by: entry) } + [entry])
    }

    /// Whether an entry without a name is of the same manifest, for the same platform or for none: an index may list one
    /// manifest for several.
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
