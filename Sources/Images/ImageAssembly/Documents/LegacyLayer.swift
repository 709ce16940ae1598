// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

/// A layer as Docker knew it before images had manifests: an image of its own, with an ID, a config, and the layer
/// below as its parent (moby's image/spec/v1.md). IDs and documents are those of go-containerregistry
/// (pkg/legacy/tarball/write.go).
package struct LegacyLayer: Hashable, Sendable {
    /// 64 hexadecimal digits.
    package let id: String
    /// The content of the layer's file `json`.
    package let document: [UInt8]

    /// The layers of an image, the lowest first.
    ///
    /// - Parameter config: the image's exact config, because the topmost layer's ID depends on its bytes.
    /// - Throws: `DocumentProblem`, also if the number of layers in the config's history differs.
    package static func chain(of layers: [Descriptor], config bytes: [UInt8]) throws(DocumentProblem) -> [LegacyLayer] {
        let config = try GoDocument(bytes, as: .config, called: "config")
        let history = try history(of: config, layers: layers.count)
        var chain: [LegacyLayer] = []
        for (layer, step) in zip(layers, history) {
            let isTop = chain.count == layers.count - 1
            chain.append(LegacyLayer(layer, step, over: chain.last, image: isTop ? (config, bytes) : nil))
        }
        return chain
    }

    /// The history of each layer from the config; empty entries if the config has no history.
    private static func history(of config: GoDocument, layers count: Int) throws(DocumentProblem) -> [JSON] {
        let steps = (config["history"].array ?? []).filter { $0["empty_layer"] != true }
        if steps.isEmpty { return Array(repeating: GoType.history.zero, count: count) }
        guard steps.count == count else {
            throw DocumentProblem(
                "image config had layer history which did not match the number of layers, "
                    + "got len(history)=\(steps.count), len(layers)=\(count), want len(history)=len(layers)")
        }
        return steps
    }

    /// - Parameter image: the config of the image whose topmost layer this is, parsed and as bytes.
    private init(
        _ layer: Descriptor, _ step: JSON, over parent: LegacyLayer?, image: (config: GoDocument, bytes: [UInt8])?
    ) {
        let text = "\(layer.digest.hex) \(parent?.id ?? "")"
        let config = image.map { Array(" ".utf8) + $0.bytes } ?? []
        id = String(ContentHash.digest(of: Array(text.utf8) + config).hex)
        var document = GoDocument(.legacyLayer)
        for name in ["created", "author", "comment"] { document[name] = step[name] ?? .null }
        document["container_config", "Cmd"] = .array([step["created_by"] ?? ""])
        document["id"] = .string(id)
        document["parent"] = .string(parent?.id ?? "")
        if let config = image?.config {
            for name in ["architecture", "container", "docker_version", "os", "config", "created"] {
                document[name] = config[name]
            }
        }
        self.document = document.bytes
    }
}
