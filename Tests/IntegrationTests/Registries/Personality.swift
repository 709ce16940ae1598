// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import RegistryFaults
import Testing

/// A registry of the internet as tests play it: under its own name, with the ways it answers in.
struct Personality: Sendable, CustomTestStringConvertible {
    /// As it stands in references.
    let host: String
    /// Path below which images are here.
    let path: String
    var habits: RegistryHabits
    /// What it says to a push into a repository that is not there, or that the login may not write.
    var refusal = Refusal(.forbidden, "DENIED", "requested access to the resource is denied")
    /// The beginning of the line that makes a missing repository; nil where there is none.
    var creation: String?
    /// What it says of an image that is not there.
    var absence = Refusal(.notFound, "MANIFEST_UNKNOWN", "manifest unknown")
    /// Whether images are pulled from here only.
    var isSourceOnly = false

    var testDescription: String { host }

    struct Refusal: Sendable {
        var status: HTTPResponseStatus
        var body: String
        var type = "application/json"
        /// What a person has to be told of it.
        var words: String

        init(_ status: HTTPResponseStatus, _ code: String, _ message: String) {
            self.status = status
            words = message.replacing("\\", with: "")
            body = #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#
        }

        init(_ status: HTTPResponseStatus, page title: String) {
            self.status = status
            words = title
            body = "<html><title>\(title)</title><body>\(Personality.filler)</body></html>"
            type = "text/html"
        }

        var fault: Fault { .answer(status, headers: ["Content-Type": type], body: body) }
    }

    static let all = [
        dockerHub, artifactRegistry, containerRegistry, elastic, publicElastic, gitHub, azure, quay, harbor, gitLab,
        artifactory, nexus, digitalOcean, kubernetes,
    ]

    /// Each registry as a source, with another one as its target; each of those that take images is a target, too.
    static let journeys = all.indices.map { position in
        let targets = all.filter { !$0.isSourceOnly }
        return Journey(source: all[position], target: targets[(position + 1) % targets.count])
    }
}

/// From one registry to another.
struct Journey: Sendable, CustomTestStringConvertible {
    let source: Personality
    let target: Personality
    var testDescription: String { "\(source.host) to \(target.host)" }
}

extension Personality {
    /// Pulls are counted, and an unauthorised push is answered so by its token service's scopes.
    static let dockerHub = Personality(
        host: "docker.io", path: "team", habits: .dockerHub(pullLimit: 100),
        refusal: Refusal(.unauthorized, "UNAUTHORIZED", "authentication required"))

    static let artifactRegistry = Personality(
        host: "us-docker.pkg.dev", path: "project/images", habits: .artifactRegistry,
        refusal: Refusal(.notFound, "NAME_UNKNOWN", "Repository \\\"images\\\" not found"),
        creation: "gcloud artifacts repositories create images ",
        absence: Refusal(.notFound, "MANIFEST_UNKNOWN", "Failed to fetch \\\"1\\\""))

    /// "Transition to gcr.io repositories": pushing does not make the repository without a permission for it.
    static let containerRegistry = Personality(
        host: "gcr.io", path: "project", habits: .artifactRegistry,
        refusal: Refusal(.notFound, "NAME_UNKNOWN", "Repository \\\"gcr.io\\\" not found"),
        creation: "gcloud artifacts repositories create gcr.io ")

    static let elastic = Personality(
        host: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", path: "team", habits: immutable(.ecr),
        refusal: Refusal(
            .notFound, "NAME_UNKNOWN", "The repository with name 'team/app' does not exist in the registry"),
        creation: "aws ecr create-repository ")

    static let publicElastic = Personality(
        host: "public.ecr.aws", path: "alias", habits: .ecr,
        refusal: Refusal(.notFound, "NAME_UNKNOWN", "The repository with name 'app' does not exist in the registry"),
        creation: "aws ecr-public create-repository ")

    static let gitHub = Personality(
        host: "ghcr.io", path: "owner", habits: .ghcr,
        refusal: Refusal(.forbidden, "DENIED", "permission_denied: write_package"),
        absence: Refusal(.forbidden, "DENIED", "requested access to the resource is denied"))

    static let azure = Personality(
        host: "team.azurecr.io", path: "images", habits: RegistryHabits(),
        refusal: Refusal(.unauthorized, "UNAUTHORIZED", "authentication required"))

    /// Lists at most 100 tags a page, and says so.
    static let quay = Personality(
        host: "quay.io", path: "namespace", habits: changed { $0.tagPageLimit = 100 },
        refusal: Refusal(.unauthorized, "UNAUTHORIZED", "access to the requested resource is not authorized"),
        absence: Refusal(.unauthorized, "UNAUTHORIZED", "access to the requested resource is not authorized"))

    static let harbor = Personality(
        host: "harbor.example", path: "project", habits: .harbor,
        refusal: Refusal(.notFound, "NOT_FOUND", "project project not found"),
        absence: Refusal(.notFound, "NOT_FOUND", "artifact project/absent:1 not found"))

    /// The reference registry behind GitLab's own rights.
    static let gitLab = Personality(host: "registry.gitlab.com", path: "group/project", habits: .distribution)

    static let artifactory = Personality(
        host: "team.jfrog.io", path: "docker-local", habits: .artifactory,
        absence: Refusal(.forbidden, "DENIED", "not allowed to download"))

    /// Mounts nothing, lists no referrers.
    static let nexus = Personality(
        host: "nexus.example", path: "docker",
        habits: changed {
            $0.mountAnswer = .session
            $0.knowsReferrers = false
        }, refusal: Refusal(.forbidden, page: "403 Forbidden"),
        absence: Refusal(.notFound, page: "404 Not Found"))

    static let digitalOcean = Personality(
        host: "registry.digitalocean.com", path: "team", habits: RegistryHabits(),
        refusal: Refusal(.forbidden, "DENIED", "registry contains 5 repositories, limit is 5"))

    static let kubernetes = Personality(
        host: "registry.k8s.io", path: "tools", habits: .artifactRegistry, isSourceOnly: true)

    fileprivate static let filler = String(repeating: "<p>Sonatype Nexus Repository</p>", count: 40)

    private static func changed(_ change: (inout RegistryHabits) -> Void) -> RegistryHabits {
        var habits = RegistryHabits()
        change(&habits)
        return habits
    }

    private static func immutable(_ habits: RegistryHabits) -> RegistryHabits {
        var habits = habits
        habits.tagsAreImmutable = true
        return habits
    }
}
