// SPDX-License-Identifier: Apache-2.0

import OCI

/// The pulls of one image.
package struct ImagePulls: Hashable, Sendable {
    /// The image's first spelling in the logs. An image of Docker Hub has its familiar short name, because it has many
    /// spellings.
    package let image: String
    package let registry: SourceRegistry
    /// The path within the registry; empty if the text is not a reference.
    package let repository: String
    /// The full name, which is the same for an image in logs and in files.
    package let canonical: String
    package var pulls = 0
    /// All spellings of the image in the logs, in the order of appearance.
    package fileprivate(set) var spellings: [String] = []

    init(_ image: String) {
        if let reference = try? Reference(parsing: image) {
            registry = SourceRegistry(reference.registry)
            repository = reference.repository.path
            let suffix = (reference.tag.map { ":" + $0.name } ?? "") + (reference.digest.map { "@" + $0.text } ?? "")
            canonical = registry.name + "/" + repository + suffix
            self.image = registry.isDockerHub ? Self.familiar(image) : image
        } else {
            (registry, repository, canonical) = (.unknown, "", image)
            self.image = image
        }
    }

    /// The name without the host and the namespace that are added to a short name such as `nginx:1.25`.
    private static func familiar(_ image: String) -> String {
        var name = image[...]
        if let slash = name.firstIndex(of: "/"), name[..<slash].contains(where: { $0 == "." || $0 == ":" }) {
            name = name[name.index(after: slash)...]
        }
        let bare = name.hasPrefix("library/") ? name.dropFirst("library/".count) : name
        return String(bare.contains("/") ? name : bare)
    }
}

/// The counts from the logs.
package struct PullTally: Sendable {
    /// A row of a table over time.
    package struct Row: Hashable, Sendable {
        /// When the minute, hour or day began; nil for pulls without a time.
        package var start: Instant?
        /// Position in `images`.
        package var image: Int
    }

    /// In the order of appearance.
    package private(set) var images: [ImagePulls] = []
    package private(set) var rows: [Row: Int] = [:]
    package private(set) var timelines: [SourceRegistry: Timeline] = [:]
    package private(set) var first: Instant?
    package private(set) var last: Instant?

    /// Entries read, pulls or not.
    package var entries = 0
    /// Entries that could not be read or counted.
    package var malformed = 0
    /// The first of these.
    package var problems: [LogProblem] = []
    package var others: [OtherEvent: Int] = [:]
    /// Pulls that were counted before.
    package var duplicates = 0
    /// Pulls outside the period.
    package var outside = 0
    /// Pulls without a time.
    package var untimed = 0
    /// Pulls of repeated events between the first and the last pull, whose times are not known.
    package var spread = 0

    package var pulls: Int { images.reduce(0) { $0 + $1.pulls } }

    mutating func note(_ spelling: String, of image: Int) { images[image].spellings.append(spelling) }

    mutating func insert(_ image: ImagePulls) -> Int {
        images.append(image)
        return images.count - 1
    }

    /// - Parameter row: the start of the row in a table over time; nil without such a table, or without a time.
    mutating func add(_ pulls: Int, to image: Int, row: Instant?) {
        images[image].pulls += pulls
        rows[Row(start: row, image: image), default: 0] += pulls
    }

    mutating func note(_ pulls: Int, of image: Int, at instant: Instant) {
        timelines[images[image].registry, default: Timeline()].add(pulls, at: instant)
        first = min(first ?? instant, instant)
        last = max(last ?? instant, instant)
    }
}
