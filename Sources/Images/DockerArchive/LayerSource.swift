// SPDX-License-Identifier: Apache-2.0

import OCI

/// What an archive says about a layer in addition to its bytes: the layer's descriptor in the image's manifest, by diff
/// ID. Docker writes all of them since version 25 (`LayerSources` of moby's image/tarexport), crane only those of
/// foreign layers.
enum LayerSource {
    static func read(_ document: JSON?) throws(ArchiveProblem) -> [String: Descriptor] {
        guard let document, !document.isNull else { return [:] }
        guard let members = document.members else { throw .manifest("LayerSources is no object") }
        var sources: [String: Descriptor] = [:]
        for member in members {
            do throws(ManifestError) {
                sources[member.key] = try Descriptor(entry: member.value, field: "LayerSources.\(member.key)")
            } catch { throw .manifest("\(error)") }
        }
        return sources
    }

    /// The member for foreign layers, which by convention are not distributed; nil if there are none.
    static func document(_ layers: [Descriptor], diffIDs: [Digest]) -> JSON? {
        let foreign = zip(diffIDs, layers).filter { $1.mediaType.isNonDistributable }
            .map { JSON.Member(key: $0.text, value: $1.document) }
        var written: Set<String> = []
        let members = foreign.sorted { $0.key < $1.key }.filter { written.insert($0.key).inserted }
        return members.isEmpty ? nil : .object(members)
    }

    /// Types that Docker 25 and later write for uncompressed layers, even if the registry has the layer compressed.
    /// They say nothing about the layer (google/go-containerregistry#1870).
    static let plain: Set<MediaType> = [
        "application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar",
    ]
}

extension Descriptor {
    /// The descriptor as it stands in a manifest, with members in the order in which go-containerregistry writes them.
    var document: JSON {
        var members = [
            JSON.Member(key: "mediaType", value: .string(mediaType.essence)),
            JSON.Member(key: "size", value: JSON(size)),
            JSON.Member(key: "digest", value: .string(digest.text)),
        ]
        if !urls.isEmpty { members.append(JSON.Member(key: "urls", value: .array(urls.map { .string($0) }))) }
        if !annotations.isEmpty {
            let sorted = annotations.sorted { $0.key < $1.key }
            let value = JSON.object(sorted.map { JSON.Member(key: $0.key, value: .string($0.value)) })
            members.append(JSON.Member(key: "annotations", value: value))
        }
        return .object(members)
    }
}
