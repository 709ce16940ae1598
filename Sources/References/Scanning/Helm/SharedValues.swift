// SPDX-License-Identifier: Apache-2.0

/// Values that are parts of image names and of something else, too: the server of a login, an address.
struct SharedValues {
    private let view: YAMLView

    /// The bytes of a chart's values that must not change with the images.
    ///
    /// - Parameter nearby: the files around the values.
    static func shared(_ findings: [Finding], in bytes: [UInt8], _ nearby: NearbyFiles) -> [SharedBytes] {
        guard !findings.isEmpty else { return [] }
        let addresses = nearby.name == "values.yaml" ? ValueMentions.addresses(around: nearby) : []
        guard !addresses.isEmpty || bytes.contains(UInt8(ascii: "*")) else { return [] }
        return YAMLView.first(of: bytes) { view in
            let values = SharedValues(view: view)
            return (values.aliases + values.places(at: addresses)).map { SharedBytes(range: $0, use: .other) }
        } ?? []
    }

    private func places(at paths: [[String]]) -> [Range<Int>] {
        paths.compactMap { view.document.value(at: $0, in: view.root) }
            .filter { view.document.kind($0) == .scalar }.map { view.place(of: view.document.resolved($0)) }
    }

    /// The scalars to which aliases refer under keys that are not those of an image: `server: *registry`.
    private var aliases: [Range<Int>] {
        let document = view.document
        return document.nodes.indices.flatMap { node -> [Range<Int>] in
            guard document.nodes[node].kind == .mapping else { return [] }
            return document.entries(YAMLDocument.Index(node)).compactMap { key, value in
                guard document[value].kind == .alias, document.kind(value) == .scalar,
                    let key = document.string(key)?.lowercased(), !Self.imageWords.contains(where: { key.contains($0) })
                else { return nil }
                return view.place(of: document.resolved(value))
            }
        }
    }

    private static let imageWords = ["image", "registry", "repo", "hub", "name", "host"]
}
