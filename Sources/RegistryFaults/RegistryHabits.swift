package import NIOHTTP1

/// Ways in which registries on the internet differ from the specification, as observed from outside.
///
/// Each knob is one observation; a registry is a set of them. They exist so that a client can be tried against the lot
/// without a network.
package struct RegistryHabits: Sendable {
    package enum MountAnswer: Sendable, Hashable {
        case asAsked
        /// 202 and a session, always.
        case session
        case refusal(HTTPResponseStatus)
    }

    /// Chunks with `Content-Range` are refused whatever their size.
    package var refusesContentRange = false
    /// Bytes of a body that comes with `Content-Range`; more is 416.
    package var rangedBodyLimit: Int64?
    /// Bytes of any upload body; more is 413.
    package var bodyLimit: Int64?
    /// Bytes a chunk must have if another follows.
    package var smallestChunk: Int64?
    package var chunkStatus: HTTPResponseStatus = .accepted
    /// `Range` after the second chunk still ends where the first did.
    package var reportsFirstChunkOnly = false
    package var mountAnswer = MountAnswer.asAsked
    package var mountsFromAnywhere = true
    package var takesSinglePost = true
    package var knowsReferrers = true
    package var knowsTagParameter = true
    package var sendsManifestLocation = true
    /// A tag that is there cannot be pushed again, not even with the same manifest.
    package var tagsAreImmutable = false
    /// Largest `n` of a tags list; more is 400.
    package var tagPageLimit: Int?
    package var missingManifestStatus: HTTPResponseStatus = .notFound
    /// Characters added to upload locations.
    package var locationPadding = 0
    /// Pulls allowed before 429; with it every manifest answer tells what is left.
    package var pullLimit: Int?

    package init() {}

    private init(_ change: (inout RegistryHabits) -> Void) { change(&self) }

    /// Docker Hub: manifest GETs are pulls; beyond the limit a text that is no error document
    /// (docs.docker.com/docker-hub/usage).
    package static func dockerHub(pullLimit: Int) -> RegistryHabits { RegistryHabits { $0.pullLimit = pullLimit } }

    /// Google's registries: no chunks, very long upload locations (dotnet/sdk-container-builds#287, skopeo#1101).
    package static let artifactRegistry = RegistryHabits {
        $0.refusesContentRange = true
        $0.locationPadding = 7_000
    }

    /// Amazon ECR (aws/containers-roadmap#2831, #2380; dotnet/sdk-container-builds#424).
    package static let ecr = RegistryHabits {
        $0.chunkStatus = .created
        $0.reportsFirstChunkOnly = true
        $0.smallestChunk = 5 << 20
        $0.mountAnswer = .session
        $0.sendsManifestLocation = false
        $0.tagPageLimit = 1_000
    }

    /// GitHub: at most 4 MiB with `Content-Range`, no referrers (rust-oci-client#35, tektoncd/chains#1691).
    package static let ghcr = RegistryHabits {
        $0.rangedBodyLimit = 4 << 20
        $0.knowsReferrers = false
    }

    /// Harbor: a mount from a project one may not see is 401 (goharbor/harbor#17097).
    package static let harbor = RegistryHabits { $0.mountAnswer = .refusal(.unauthorized) }

    /// The reference registry, version 3: no single POST, no referrers, no tag parameter, mounts only with `from`.
    package static let distribution = RegistryHabits {
        $0.takesSinglePost = false
        $0.knowsReferrers = false
        $0.knowsTagParameter = false
        $0.mountsFromAnywhere = false
    }

    /// Artifactory: 403 for what is not there (RTFACT-13797).
    package static let artifactory = RegistryHabits { $0.missingManifestStatus = .forbidden }

    /// A registry behind Cloudflare's proxy: no body over 100 MB.
    package static let cloudflare = RegistryHabits { $0.bodyLimit = 100_000_000 }
}
