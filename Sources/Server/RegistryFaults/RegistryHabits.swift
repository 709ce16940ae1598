// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1

/// Ways in which registries on the internet differ from the specification, as observed from outside.
///
/// Each property is one observation, and a registry is a set of them. With these habits a client can be tested against
/// all of the registries without a network.
package struct RegistryHabits: Sendable {
    package enum MountAnswer: Sendable, Hashable {
        case asAsked
        /// Always 202 and an upload session.
        case session
        case refusal(HTTPResponseStatus)
    }

    /// Chunks with `Content-Range` are refused, whatever their size.
    package var refusesContentRange = false
    /// The maximum number of bytes of a body with `Content-Range`. The response to a larger body is 416.
    package var rangedBodyLimit: Int64?
    /// The maximum number of bytes of any upload body. The response to a larger body is 413.
    package var bodyLimit: Int64?
    /// The minimum number of bytes of a chunk that is followed by another chunk.
    package var smallestChunk: Int64?
    package var chunkStatus: HTTPResponseStatus = .accepted
    /// `Range` in the response to the second chunk still ends where the first chunk ended.
    package var reportsFirstChunkOnly = false
    /// The minimum and maximum number of bytes of a chunk, announced with every session (`OCI-Chunk-Min-Length`,
    /// `OCI-Chunk-Max-Length`).
    package var announcedChunks: ClosedRange<Int64>?
    package var mountAnswer = MountAnswer.asAsked
    /// A blob can be mounted once a manifest of its repository lists it. Before that, the response to a mount is an
    /// upload session.
    package var mountsReferencedOnly = false
    package var mountsFromAnywhere = true
    package var takesSinglePost = true
    package var knowsReferrers = true
    package var knowsTagParameter = true
    package var sendsManifestLocation = true
    /// An existing tag cannot be pushed again, not even with the same manifest.
    package var tagsAreImmutable = false
    /// The largest `n` of a tags list. The response to a larger `n` is 400.
    package var tagPageLimit: Int?
    package var missingManifestStatus: HTTPResponseStatus = .notFound
    /// The response to an `Accept` header is 406, except in requests for manifests.
    package var takesAcceptForManifestsOnly = false
    /// How long a stored blob is unknown to the replicas that did not store it.
    package var replicaLag: Duration?
    /// The number of replicas. Requests go to them in turn. The last of several replicas has stored the blobs. A single
    /// replica also lags.
    package var replicas = 2
    /// The response to all requests except GET and HEAD is 503 until this time.
    package var refusesWritesUntil: Duration?
    /// The number of characters that are added to upload locations.
    package var locationPadding = 0
    /// The number of pulls before the response is 429. If it is set, every response to a manifest request names the
    /// pulls that are left.
    package var pullLimit: Int?

    package init() {}

    private init(_ change: (inout RegistryHabits) -> Void) { change(&self) }

    /// Docker Hub: manifest GETs are pulls. The response beyond the limit is a plain text, not an error document
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

    /// Harbor: a mount from a project that the user may not see is refused with 401 (goharbor/harbor#17097).
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

    /// Artifactory: 403 for a missing manifest (RTFACT-13797), 406 for an unexpected `Accept` header
    /// (dotnet/sdk-container-builds#382).
    package static let artifactory = RegistryHabits {
        $0.missingManifestStatus = .forbidden
        $0.takesAcceptForManifestsOnly = true
    }

    /// A registry behind Cloudflare's proxy: no body over 100 MB.
    package static let cloudflare = RegistryHabits { $0.bodyLimit = 100_000_000 }

    /// DigitalOcean during garbage collection: writes are refused, reads work (digitalocean/doctl#1464).
    package static func digitalOcean(refusesWritesUntil end: Duration) -> RegistryHabits {
        RegistryHabits { $0.refusesWritesUntil = end }
    }
}
