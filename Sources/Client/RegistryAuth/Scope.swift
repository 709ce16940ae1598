// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A resource, and the actions on it that a token must allow: `repository:team/app:push,pull`.
package struct Scope: Hashable, Sendable {
    /// The resource: type, optional class in brackets, and name.
    package struct Resource: Hashable, Sendable {
        package let type: String
        package let name: String
    }

    package let resource: Resource
    package let actions: Set<String>

    package init(_ resource: Resource, _ actions: Set<String>) {
        self.resource = resource
        self.actions = actions
    }

    /// Parses `type:name:action,action`. The name may contain colons (`host:port/path`), so the type ends at the first
    /// colon and the actions begin after the last one.
    package init?(_ text: some StringProtocol) {
        guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first < last else { return nil }
        let actions = Substring(text[text.index(after: last)...]).split(separator: ",").map(String.init)
        let name = text[text.index(after: first)..<last]
        guard first > text.startIndex, !name.isEmpty, !actions.isEmpty else { return nil }
        self.init(Resource(type: String(text[..<first]), name: String(name)), Set(actions))
    }

    /// The spelling for token services. Push comes before pull, as in gcrane.
    package var text: String {
        let ordered = actions.sorted { (Self.rank($0), $0) < (Self.rank($1), $1) }
        return "\(resource.type):\(resource.name):\(ordered.joined(separator: ","))"
    }

    private static func rank(_ action: String) -> Int {
        ["push": 0, "pull": 1, "delete": 2][action] ?? 3
    }
}

extension Scope {
    package static func pull(_ repository: Repository) -> Scope { of(repository, pulling) }
    package static func push(_ repository: Repository) -> Scope { of(repository, pushing) }
    package static func delete(_ repository: Repository) -> Scope { of(repository, deleting) }
    package static let catalog = Scope(Resource(type: "registry", name: "catalog"), ["*"])

    private static let pulling: Set = ["pull"]
    private static let pushing: Set = ["push", "pull"]
    private static let deleting: Set = ["push", "pull", "delete"]

    private static func of(_ repository: Repository, _ actions: Set<String>) -> Scope {
        Scope(Resource(type: "repository", name: repository.path), actions)
    }
}

/// The scopes of one token, one for each resource.
package struct ScopeSet: Hashable, Sendable {
    private var actions: [Scope.Resource: Set<String>] = [:]

    package init(_ scopes: [Scope] = []) {
        for scope in scopes {
            let known = actions.updateValue(scope.actions, forKey: scope.resource)
            if let known { actions[scope.resource] = known.union(scope.actions) }
        }
    }

    package init(_ scopes: Scope...) { self.init(scopes) }

    /// Parses the space-separated list of a challenge. Invalid scopes are skipped.
    package init(challenge text: String) { self.init(text.split(separator: " ").compactMap { Scope($0) }) }

    package var isEmpty: Bool { actions.isEmpty }

    /// The scopes, those with push first, because some registries read only the first scope of a request.
    package var scopes: [Scope] {
        actions.map { Scope($0.key, $0.value) }.sorted {
            ($0.actions.contains("push") ? 0 : 1, $0.text) < ($1.actions.contains("push") ? 0 : 1, $1.text)
        }
    }

    /// Whether a token for these scopes is enough for a request for the others.
    package func covers(_ other: ScopeSet) -> Bool {
        other.actions.allSatisfy { resource, wanted in
            guard let granted = actions[resource] else { return false }
            return granted.contains("*") || granted.isSuperset(of: wanted)
        }
    }

    /// Whether an action is named for any resource.
    package func names(_ action: String) -> Bool { actions.values.contains { $0.contains(action) } }

    package func union(_ other: ScopeSet) -> ScopeSet { ScopeSet(scopes + other.scopes) }
}

extension ScopeSet: CustomStringConvertible {
    package var description: String { scopes.map(\.text).joined(separator: " ") }
}
