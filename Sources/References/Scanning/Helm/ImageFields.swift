// SPDX-License-Identifier: Apache-2.0

/// The fields of a mapping that together name an image.
struct ImageFields {
    typealias Index = YAMLDocument.Index

    /// The path of the image, or only its last part if there is a `folder`.
    var name: Index
    /// The part before the name. A slash separates them.
    var folder: Index?
    /// Like `folder`, but common to several images. Contains the registry and a path.
    var hub: Index?
    var registry: Index?
    var tag: Index?
    var digest: Index?
    /// A `name` beside the repository of an image.
    var end: Index?
    private var hasRepository = false

    /// - Parameter key: the key whose value is the mapping.
    init?(_ mapping: Index, key: String, in document: YAMLDocument) {
        guard document.kind(mapping) == .mapping else { return nil }
        self.init(key: key, in: document) { document.value($0, in: mapping) }
    }

    /// - Parameter value: the value of a field.
    init?(key: String, in document: YAMLDocument, _ value: (String) -> Index?) {
        func field(_ names: String...) -> Index? {
            for name in names {
                if let value = value(name), document.kind(value) == .scalar { return value }
            }
            return nil
        }
        let isImage = ImageText.endsInImage(key)
        let image = field("image")
        let repository = field("repository", "repo") ?? (image == nil ? field("imageRepository") : nil)
        // Most mappings are not images.
        guard image != nil || repository != nil || isImage else { return nil }
        registry = field("registry", "hub")
        tag = field("tag", "imageTag", "version")
        digest = field("digest", "sha")
        if let repository {
            hasRepository = true
            name = repository
            if let image {
                folder = repository
                name = image
            } else if isImage {
                end = field("name")
            }
            guard
                isImage || registry != nil || field("tag", "digest", "pullPolicy", "imagePullPolicy", "imageTag") != nil
                    || (image != nil && tag != nil)
            else { return nil }
        } else if isImage, let named = field("name"), tag != nil || digest != nil {
            name = named
        } else if let image, field("registry") != nil, tag != nil {
            name = image
        } else {
            return nil
        }
    }

    init(name: Index, tag: Index?, hub: Index? = nil) {
        self.name = name
        self.tag = tag
        self.hub = hub
    }

    /// Whether the key ends in `image` and the mapping has a repository, and a tag or a digest.
    func isPlain(_ key: String) -> Bool {
        ImageText.endsInImage(key) && hasRepository && folder == nil && (tag != nil || digest != nil)
    }
}
