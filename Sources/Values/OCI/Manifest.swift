// SPDX-License-Identifier: Apache-2.0

/// A manifest parsed from its exact bytes. The bytes are copied; this value is their meaning.
package struct Manifest: Sendable {
    /// nil for an unknown type. Schema 1 manifests are not parsed: they have no sizes, and the digest of a signed one is
    /// not that of its bytes.
    package var kind: ManifestKind?
    /// The media type to send with the bytes: the body's `mediaType`, otherwise that of the answer.
    package var mediaType: MediaType
    /// Entries of an index, in order.
    package var children: [Descriptor]
    /// The config first, if there is one, then layers or blobs in order, including foreign layers.
    package var blobs: [Descriptor]
    package var config: Descriptor?
    /// The manifest that this one refers to. It is not a dependency, and may not exist.
    package var subject: Descriptor?
    package var artifactType: MediaType?
    package var annotations: [String: String]
}

/// Limits for a manifest's lists.
package struct ManifestLimits: Sendable {
    /// Descriptors in one manifest.
    package var descriptors = 100_000
    package init() {}
}

/// Why bytes are not an acceptable manifest.
package enum ManifestError: Error, Equatable, CustomStringConvertible {
    case json(JSONError)
    case notAnObject
    case typeMismatch(body: String, header: String)
    case ambiguous
    /// A member that some parsers treat as a known one, because they ignore case.
    case misspelt(String)
    case missing(String)
    case invalid(field: String, reason: String)
    case tooManyDescriptors(limit: Int)

    package var description: String {
        switch self {
        case .json(let error): error.description
        case .notAnObject: "the manifest is not a JSON object"
        case .typeMismatch(let body, let header):
            "the manifest calls itself \"\(body.displayable)\" but was served as \"\(header.displayable)\""
        case .ambiguous: "the manifest is an image and an index at once"
        case .misspelt(let key):
            "the manifest's \"\(key.displayable(limit: 64))\" means something to some readers and nothing to others"
        case .missing(let field): "the manifest has no \"\(field)\""
        case .invalid(let field, let reason): "the manifest's \"\(field)\" is invalid: \(reason)"
        case .tooManyDescriptors(let limit): "the manifest lists more than \(limit) descriptors"
        }
    }
}

extension Manifest {
    /// Reads a manifest.
    ///
    /// - Parameters:
    ///   - bytes: the body, already bounded and its digest already checked: only verified bytes are parsed.
    ///   - contentType: the media type of the registry's answer. With nil or a general type the body decides.
    /// - Throws: `ManifestError`. A manifest of unknown type is not an error: it has no kind, no children and no blobs.
    package init(
        _ bytes: some Collection<UInt8>, contentType: MediaType?, limits: ManifestLimits = ManifestLimits()
    ) throws(ManifestError) {
        let document: JSON
        do { document = try JSON(bytes) } catch { throw .json(error) }
        guard let members = document.members else { throw .notAnObject }
        try Self.known.refuseMisspelt(members)
        let type = try Self.type(of: document, contentType: contentType)
        mediaType = type
        kind = type.manifestKind
        var reader = DescriptorReader(limit: limits.descriptors)
        config = nil
        children = []
        blobs = []
        switch kind {
        case .index: children = try reader.list(document, "manifests")
        case .image:
            config = try reader.one(document, "config")
            guard let config else { throw .missing("config") }
            blobs = [config] + (try reader.list(document, "layers"))
        case .artifact: blobs = try reader.list(document, "blobs")
        case .schema1, nil: break
        }
        subject = try reader.one(document, "subject")
        artifactType = document["artifactType"]?.string.map { MediaType($0) }
        annotations = document["annotations"]?.stringMap ?? [:]
    }

    private static let known = KnownMembers([
        "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "blobs", "subject",
        "annotations", "fsLayers", "history", "signatures",
    ])

    /// The one type both the body and the registry agree on.
    ///
    /// A body that could be read in two ways is refused (CVE-2021-41190): its `mediaType` must be the served type, and
    /// without one it must not have the members of both an image and an index.
    private static func type(of document: JSON, contentType: MediaType?) throws(ManifestError) -> MediaType {
        let hasImageMembers = document["config"] != nil || document["layers"] != nil
        let hasIndexMembers = document["manifests"] != nil
        if hasImageMembers && hasIndexMembers { throw .ambiguous }
        let served = contentType.flatMap { generalTypes.contains($0.essence) ? nil : $0 }
        let member = document["mediaType"] ?? .null
        guard member.isNull || member.string != nil else { throw .invalid(field: "mediaType", reason: "not text") }
        if let own = member.string, !own.isEmpty {
            if let served, served != MediaType(own) { throw .typeMismatch(body: own, header: served.asReceived) }
            return MediaType(own)
        }
        if let served { return MediaType(served.essence) }
        if hasIndexMembers { return .ociIndex }
        if document["fsLayers"] != nil { return document["signatures"] == nil ? .dockerSchema1 : .dockerSchema1Signed }
        return hasImageMembers ? .ociManifest : MediaType(contentType?.essence ?? MediaType.octetStream.essence)
    }

    /// Types sent by servers that do not know manifest types.
    private static let generalTypes: Set<String> = [
        "", "application/json", "text/plain", "application/octet-stream", "binary/octet-stream", "text/html",
    ]
}

/// The members of a document that have a meaning.
private struct KnownMembers {
    private let names: Set<String>
    private let folded: Set<String>

    init(_ names: Set<String>) {
        self.names = names
        folded = Set(names.map(\.foldedAsGoDoes))
    }

    /// Go's encoding/json, which most such programs use, reads `Layers` as `layers`. For us it would be an image without
    /// layers, and its copy could not run.
    func refuseMisspelt(_ members: [JSON.Member]) throws(ManifestError) {
        for member in members where !names.contains(member.key) && folded.contains(member.key.foldedAsGoDoes) {
            throw .misspelt(member.key)
        }
    }
}

/// Reads descriptors out of a document, counting them.
private struct DescriptorReader {
    let limit: Int
    var count = 0

    init(limit: Int) { self.limit = limit }

    mutating func one(_ document: JSON, _ key: String) throws(ManifestError) -> Descriptor? {
        guard let value = document[key], !value.isNull else { return nil }
        return try descriptor(value, field: key)
    }

    mutating func list(_ document: JSON, _ key: String) throws(ManifestError) -> [Descriptor] {
        guard let value = document[key], !value.isNull else { return [] }
        guard let elements = value.array else { throw .invalid(field: key, reason: "not an array") }
        count += elements.count
        guard count <= limit else { throw .tooManyDescriptors(limit: limit) }
        var result: [Descriptor] = []
        result.reserveCapacity(elements.count)
        for (position, element) in elements.enumerated() {
            result.append(try descriptor(element, field: "\(key)[\(position)]"))
        }
        return result
    }

    fileprivate func descriptor(_ value: JSON, field: String) throws(ManifestError) -> Descriptor {
        guard let members = value.members else { throw .invalid(field: field, reason: "not an object") }
        try Self.known.refuseMisspelt(members)
        guard let size = Descriptor.size(in: value) else {
            throw .invalid(
                field: "\(field).size", reason: "not a whole number from 0 to \(Descriptor.sizes.upperBound) (16 TiB)")
        }
        return Descriptor(
            mediaType: MediaType(value["mediaType"]?.string ?? ""),
            digest: try Self.digest(value["digest"], field: "\(field).digest"), size: size,
            platform: value["platform"].flatMap(Self.platform),
            artifactType: value["artifactType"]?.string.map { MediaType($0) },
            annotations: value["annotations"]?.stringMap ?? [:],
            urls: value["urls"]?.array?.compactMap(\.string) ?? [],
            inlineContent: value["data"]?.string.flatMap(Base64.decode))
    }

    private static let known = KnownMembers([
        "mediaType", "digest", "size", "platform", "artifactType", "annotations", "urls", "data",
    ])

    private static func digest(_ value: JSON?, field: String) throws(ManifestError) -> Digest {
        guard let text = value?.string else { throw .missing(field) }
        do { return try Digest(text) } catch { throw .invalid(field: field, reason: error.description) }
    }

    private static func platform(_ value: JSON) -> Platform? {
        guard value.members != nil else { return nil }
        return Platform(
            os: value["os"]?.string ?? "", architecture: value["architecture"]?.string ?? "",
            variant: value["variant"]?.string, osVersion: value["os.version"]?.string)
    }
}

extension Descriptor {
    /// Reads one entry of a manifest's list.
    ///
    /// - Parameter field: the field's name in errors.
    package init(entry: JSON, field: String) throws(ManifestError) {
        self = try DescriptorReader(limit: 1).descriptor(entry, field: field)
    }
}
