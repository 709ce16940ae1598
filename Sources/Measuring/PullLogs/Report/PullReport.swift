// SPDX-License-Identifier: Apache-2.0

/// A registry's pulls against one of its limits.
package struct LimitUse: Hashable, Sendable {
    package var limit: PullLimit
    package var peak: Timeline.Peak

    /// The pulls divided by the limit: 1 is exactly the limit.
    package var share: Double { Double(peak.pulls) / Double(limit.pulls) }
}

/// The use of one registry.
package struct RegistryStanding: Hashable, Sendable {
    package var registry: SourceRegistry
    package var pulls: Int
    package var images: Int
    /// Empty if no limit is known, or no pull has a time.
    package var limits: [LimitUse]

    /// The use of the tightest limit; 0 if there is none.
    package var pressure: Double { limits.map(\.share).max() ?? 0 }
}

/// An image that is worth copying to the user's own registry.
package struct MigrationCandidate: Hashable, Sendable {
    /// The name as in the logs; the full name for images that occur only in files.
    package var image: String
    package var canonical: String
    package var registry: SourceRegistry
    package var pulls: Int
    /// The places in files, in the order of the findings.
    package var uses: [FileUse]
}

/// The results that are computed from the counts.
package struct PullReport: Sendable {
    package let tally: PullTally
    package let limits: [PullLimit]
    /// The registries from which images should come.
    package let expected: [RegistrySuffix]
    /// nil if no findings were given.
    package let uses: FileUses?
    /// The use of each registry, most pulls first.
    package let standings: [RegistryStanding]

    package init(_ tally: PullTally, limits: [PullLimit], expected: [RegistrySuffix], uses: FileUses?) {
        self.tally = tally
        self.limits = limits
        self.expected = expected
        self.uses = uses
        standings = Self.standings(tally, limits)
    }

    private static func standings(_ tally: PullTally, _ limits: [PullLimit]) -> [RegistryStanding] {
        Dictionary(grouping: tally.images, by: \.registry).map { registry, images in
            let timeline = tally.timelines[registry]
            let uses = limits.filter { $0.registry == registry }.compactMap { limit in
                timeline?.peak(window: limit.window).map { LimitUse(limit: limit, peak: $0) }
            }
            return RegistryStanding(
                registry: registry, pulls: images.reduce(0) { $0 + $1.pulls }, images: images.count, limits: uses)
        }.sorted { ($1.pulls, $0.registry) < ($0.pulls, $1.registry) }
    }

    /// The images by number of pulls, largest first, then by name.
    package var images: [ImagePulls] {
        tally.images.sorted { ($1.pulls, $0.image) < ($0.pulls, $1.image) }
    }

    /// The table over time: latest first, and most pulls first within the same time, in the order of the guide's query.
    package var rows: [(start: Instant?, image: ImagePulls, pulls: Int)] {
        tally.rows.map { row, pulls in (row.start, tally.images[row.image], pulls) }.sorted { left, right in
            if left.start != right.start { return (left.start ?? .distantPast) > (right.start ?? .distantPast) }
            return (right.pulls, left.image.image) < (left.pulls, right.image.image)
        }
    }

    /// Images from registries that are not expected, most pulls first; empty if `expected` is empty.
    package var unexpected: [ImagePulls] {
        expected.isEmpty ? [] : images.filter { !isOneOf(expected, $0) }
    }

    /// Images to copy, the most urgent first: those of the registry closest to its limit, then by number of pulls, then
    /// by number of places that name them. Images that are only named in files come last. Images from the expected
    /// registries need no copy; if none are expected, those from Google's registries need none.
    package var candidates: [MigrationCandidate] {
        let own = expected.isEmpty ? RegistrySuffix.google : expected
        var found: [String: MigrationCandidate] = [:]
        for image in images where !isOneOf(own, image) {
            found[image.canonical, default: candidate(image)].pulls += image.pulls
        }
        for name in uses?.uses.keys ?? [:].keys where found[name] == nil {
            let image = ImagePulls(name)
            if !isOneOf(own, image) { found[name] = candidate(image) }
        }
        let pressures = Dictionary(uniqueKeysWithValues: standings.map { ($0.registry, $0.pressure) })
        return found.values.sorted { left, right in
            if (left.pulls == 0) != (right.pulls == 0) { return right.pulls == 0 }
            let (leftPressure, rightPressure) = (pressures[left.registry] ?? 0, pressures[right.registry] ?? 0)
            if leftPressure != rightPressure { return leftPressure > rightPressure }
            return (right.pulls, right.uses.count, left.image) < (left.pulls, left.uses.count, right.image)
        }
    }

    private func candidate(_ image: ImagePulls) -> MigrationCandidate {
        MigrationCandidate(
            image: image.image, canonical: image.canonical, registry: image.registry, pulls: 0,
            uses: uses?.uses[image.canonical] ?? [])
    }

    private func isOneOf(_ suffixes: [RegistrySuffix], _ image: ImagePulls) -> Bool {
        suffixes.contains { $0.matches(image.registry, repository: image.repository) }
    }
}

extension Instant {
    static let distantPast = Instant(secondsSince1970: .min)
}
