/// How many pulls a registry allows whom.
package struct PullQuota: Hashable, Sendable {
    package var pulls: Int
    package var hours: Int
    package var holder: String

    /// What is known of a registry by its name; empty where it has no such limits.
    ///
    /// Docker Hub counts GETs of manifests, by six hours: 100 from one IPv4 address or IPv6 /64 without an account, 200
    /// with a free one, no limit with a paid one (docs.docker.com/docker-hub/usage, July 2026). HEADs and blobs are free.
    package static func of(_ registry: String) -> [PullQuota] {
        guard registry == "index.docker.io" else { return [] }
        return [
            PullQuota(pulls: 100, hours: 6, holder: "an address without an account"),
            PullQuota(pulls: 200, hours: 6, holder: "a free account"),
        ]
    }

    /// How long this many pulls take at least, if none were made before: what is over the limit waits for the next window.
    package func hours(for count: Int) -> Int { count <= 0 ? 0 : (count - 1) / pulls * hours }
}
