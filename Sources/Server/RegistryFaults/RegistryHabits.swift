// SPDX-License-Identifier: Apache-2.0

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
    /// Bytes of a chunk, as announced with every session (`OCI-Chunk-Min-Length`, `OCI-Chunk-Max-Length`).
    package var announcedChunks: ClosedRange<Int64>?
    package var mountAnswer = MountAnswer.asAsked
    /// A blob can be mounted once a manifest of its repository lists it; until then the answer is a session.
    package var mountsReferencedOnly = false
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
    /// An `Accept` header on anything but a manifest is 406.
    package var takesAcceptForManifestsOnly = false
    /// How long a blob that was stored is unknown to replicas other than the one that stored it.
    package var replicaLag: Duration?
    /// Requests go to the replicas in turn. The last one of several has stored the blobs; a single one lags, too.
    package var replicas = 2
    /// Until this time everything but reading is 503.
    package var refusesWritesUntil: Duration?
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
        $0.mountsReferencedOnly = true
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

    /// Harbor with several registry processes: blobs are unknown right after their upload (goharbor/harbor#22417).
    package static let harborReplicas = RegistryHabits {
        $0.mountAnswer = .refusal(.unauthorized)
        $0.replicaLag = .seconds(3)
    }

    /// The reference registry, version 3: no single POST, no referrers, no tag parameter, mounts only with `from`.
    package static let distribution = RegistryHabits {
        $0.takesSinglePost = false
        $0.knowsReferrers = false
        $0.knowsTagParameter = false
        $0.mountsFromAnywhere = false
    }

    /// Artifactory: 403 for what is not there (RTFACT-13797), 406 for an `Accept` it does not expect
    /// (dotnet/sdk-container-builds#382).
    package static let artifactory = RegistryHabits {
        $0.missingManifestStatus = .forbidden
        $0.takesAcceptForManifestsOnly = true
    }

    /// A registry behind Cloudflare's proxy: no body over 100 MB.
    package static let cloudflare = RegistryHabits { $0.bodyLimit = 100_000_000 }

    /// DigitalOcean while it collects garbage: nothing is written, everything is read (digitalocean/doctl#1464).
    package static func digitalOcean(refusesWritesUntil end: Duration) -> RegistryHabits {
        RegistryHabits { $0.refusesWritesUntil = end }
    }
}
