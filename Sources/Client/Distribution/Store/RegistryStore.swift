// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import RegistryAuth
import RegistryTransport

/// A registry as a content store, over the distribution protocol.
///
/// It has no state except its session, so any number of tasks may use it at once.
package struct RegistryStore: PiecewiseTarget {
    let session: RegistrySession
    let role: RegistryNetwork.Role
    /// nil if the caller, usually the request machine, decides whether and when to retry a request.
    var retries: CraneRetries?

    package var host: RegistryHost { session.host }

    package var isRemote: Bool { true }
    package var mountsBlobs: Bool { false }

    package func pullAllowance() -> PullAllowance? { session.known(\.pulls) }

    /// The scopes that a read request asks for.
    func reading(_ repository: Repository) -> ScopeSet {
        role == .target ? ScopeSet(.push(repository)) : ScopeSet(.pull(repository))
    }

    /// Sends a call. An answer with an unexpected status is a failure.
    func reply(to call: Call, expecting expected: Set<Int>) async throws(ContentFailure) -> Reply {
        let response = try await send(call)
        guard expected.contains(response.status), !response.headers.tellOfWebPage else {
            throw try await session.failure(response, of: call)
        }
        return try await session.read(response, of: call)
    }
}

// MARK: - Paths

extension RegistryStore {
    func path(_ repository: Repository, _ rest: String) throws(ContentFailure) -> String {
        guard repository.isWireSafe else {
            throw ContentFailure(.invalid, "the repository \"\(repository)\" cannot stand in a URL")
        }
        return "/v2/" + repository.path + "/" + rest
    }

    func path(_ repository: Repository, _ selector: ManifestSelector) throws(ContentFailure) -> String {
        if case .tag(let tag) = selector, !tag.isWireSafe {
            throw ContentFailure(.invalid, "the tag \"\(tag)\" cannot stand in a URL")
        }
        return try path(repository, "manifests/" + selector.description)
    }

    func path(_ repository: Repository, blob digest: Digest) throws(ContentFailure) -> String {
        try path(repository, "blobs/" + digest.text)
    }
}

// MARK: - The whole registry

extension RegistryStore {
    /// Checks that the host is a registry, once in a run.
    package func ping() async throws(ContentFailure) { _ = try await session.currentEndpoint() }
}
