// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1
package import RegistryServer

/// Which requests a rule matches. A property that is nil matches everything.
package struct RequestMatch: Sendable, Hashable {
    /// The kind of resource that a request names, whatever its method.
    package enum Subject: String, Sendable, CaseIterable {
        case ping
        case token
        case catalog
        case tags
        case manifest
        case blob
        case uploadStart
        case upload
        case referrers
        case other
    }

    package var method: HTTPMethod?
    package var subject: Subject?
    package var repository: String?
    /// The digest, tag or session at the path's end, or the `digest` or `mount` parameter.
    package var reference: String?
    /// A header the request must have.
    package var header: String?

    package init(
        _ method: HTTPMethod? = nil, _ subject: Subject? = nil, repository: String? = nil, reference: String? = nil,
        header: String? = nil
    ) {
        self.method = method
        self.subject = subject
        self.repository = repository
        self.reference = reference
        self.header = header
    }

    package func matches(_ request: RegistryRequest) -> Bool {
        if let method, method != request.method { return false }
        if let subject, subject != Subject(request) { return false }
        if let repository, repository != RegistryRoute(path: request.path).repositoryPath { return false }
        if let header, !request.headers.contains(name: header) { return false }
        guard let reference else { return true }
        return request.path.hasSuffix("/" + reference) || request.query["digest"] == reference
            || request.query["mount"] == reference
    }
}

// `HTTPMethod` has no hash of its own.
extension RequestMatch {
    package func hash(into hasher: inout Hasher) {
        hasher.combine(method?.rawValue)
        hasher.combine(subject)
        hasher.combine(repository)
        hasher.combine(reference)
        hasher.combine(header)
    }
}

extension RequestMatch.Subject {
    package init(_ request: RegistryRequest) {
        self =
            switch RegistryRoute(path: request.path) {
            case .base: .ping
            case .catalog: .catalog
            case .tags: .tags
            case .manifest: .manifest
            case .blob: .blob
            case .uploads: .uploadStart
            case .upload: .upload
            case .referrers: .referrers
            case .unknown where request.path == "/token": .token
            case .unknown, .invalidName: .other
            }
    }
}
