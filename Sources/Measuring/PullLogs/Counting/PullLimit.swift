// SPDX-License-Identifier: Apache-2.0

import OCI

/// The number of pulls that a registry allows in a period of time.
package struct PullLimit: Hashable, Sendable {
    package var registry: SourceRegistry
    package var pulls: Int
    package var window: TimeSpan
    /// To whom the limit applies, or that the user gave it.
    package var scope: String
    /// The page on which the limit was published; nil for the user's own.
    package var source: String?

    /// `100 per 6h`.
    package var text: String { "\(pulls) per \(window)" }
}

extension PullLimit {
    /// The published limits, as of April 2025 for Docker Hub. Registries without a published number of pulls are not
    /// here.
    package static let published = [
        PullLimit(
            registry: dockerHub, pulls: 100, window: TimeSpan(seconds: 6 * 3600),
            scope: "without signing in, per IPv4 address or IPv6 /64", source: dockerHubPage),
        PullLimit(
            registry: dockerHub, pulls: 200, window: TimeSpan(seconds: 6 * 3600),
            scope: "signed in, free account", source: dockerHubPage),
    ]

    private static let dockerHub = SourceRegistry(.dockerHub)
    private static let dockerHubPage = "https://docs.docker.com/docker-hub/usage/pulls/"

    /// The published limits. The user's limits replace those of every registry that the user named.
    package static func table(given: [GivenLimit]) -> [PullLimit] {
        let named = Set(given.map(\.registry))
        return published.filter { !named.contains($0.registry) } + given.compactMap(\.limit)
    }
}

/// A limit as users write it: `HOST=N/DURATION` or `HOST=none`.
package struct GivenLimit: Hashable, Sendable {
    package let registry: SourceRegistry
    /// nil for `none`.
    package let limit: PullLimit?

    /// - Returns: nil for a text of another form.
    package init?(_ text: String) {
        guard let equals = text.lastIndex(of: "="), equals > text.startIndex,
            let registry = try? SourceRegistry(host: text[..<equals])
        else { return nil }
        self.registry = registry
        let value = text[text.index(after: equals)...]
        if value == "none" {
            limit = nil
            return
        }
        let parts = value.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let pulls = Int(decimal: parts[0]), pulls > 0,
            // Accepts both `100/h` and `100/6h`.
            let window = TimeSpan((parts[1].count == 1 ? "1" : "") + parts[1])
        else { return nil }
        limit = PullLimit(registry: registry, pulls: pulls, window: window, scope: "given")
    }
}
