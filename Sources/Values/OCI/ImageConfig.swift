// SPDX-License-Identifier: Apache-2.0

/// What an image's config says about its layers. The rest of a config is for runtimes.
package struct ImageConfig: Sendable, Hashable {
    /// One for each layer, in order; nil if the config has none, as configs of artifacts and plugins.
    package let diffIDs: [Digest]?

    /// Parses a config whose digest was verified.
    ///
    /// - Throws: if it is not JSON, or has invalid diff IDs.
    package init(_ bytes: some Collection<UInt8>) throws(ImageConfigError) {
        let document: JSON
        do { document = try JSON(bytes) } catch { throw .json(error) }
        guard let list = document["rootfs"]?["diff_ids"], !list.isNull else {
            diffIDs = nil
            return
        }
        guard let elements = list.array else { throw .invalid("rootfs.diff_ids is not an array") }
        var diffIDs: [Digest] = []
        for element in elements {
            guard let text = element.string else { throw .invalid("an entry of rootfs.diff_ids is not text") }
            do { diffIDs.append(try Digest(text)) } catch { throw .invalid("in rootfs.diff_ids, \(error)") }
        }
        self.diffIDs = diffIDs
    }
}

/// Why bytes are not an image's config.
package enum ImageConfigError: Error, Equatable, CustomStringConvertible {
    case json(JSONError)
    case invalid(String)

    package var description: String {
        switch self {
        case .json(let error): error.description
        case .invalid(let reason): reason
        }
    }
}

extension MediaType {
    /// Whether content of this type is an image's config, which names the diff IDs of its layers.
    package var isImageConfig: Bool { self == .ociConfig || self == .dockerConfig }
}
