// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// What a token allows: actions on one resource, `repository:library/redis:pull,push` (distribution,
/// docs/content/spec/auth/scope.md).
package struct AccessScope: Hashable, Sendable {
    package var type: String
    package var name: String
    package var actions: Set<String>

    package init(type: String = "repository", name: String, actions: Set<String>) {
        self.type = type
        self.name = name
        self.actions = actions
    }

    /// The name may contain colons: the type ends at the first colon, the actions begin after the last. A class after
    /// the type, as in `repository(plugin)`, is ignored.
    package init?(_ text: some StringProtocol) {
        guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first < last else { return nil }
        type = String(text[..<first].prefix { $0 != "(" })
        name = String(text[text.index(after: first)..<last])
        actions = Set(String(text[text.index(after: last)...]).split(separator: ",").map(String.init))
    }

    package var text: String { "\(type):\(name):\(Self.order(actions).joined(separator: ","))" }

    /// Whether this scope allows everything that the other scope requests.
    package func covers(_ other: AccessScope) -> Bool {
        type == other.type && name == other.name && (actions.contains("*") || other.actions.isSubset(of: actions))
    }

    /// The actions in the order in which the reference registry writes them, such as `pull,push`, because clients
    /// compare scopes as text.
    static func order(_ actions: Set<String>) -> [String] {
        actions.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension AccessScope {
    /// The scopes that a request needs. Empty for the ping, which accepts every valid token.
    package static func needed(for request: RegistryRequest) -> [AccessScope] {
        let route = RegistryRoute(path: request.path)
        if route == .catalog { return [AccessScope(type: "registry", name: "catalog", actions: ["*"])] }
        guard let repository = route.repository else { return [] }
        let target = AccessScope(name: repository.path, actions: actions(request.method, route))
        guard case .uploads = route, request.query["mount"] != nil, let origin = request.query["from"],
            let source = Repository(registryName: origin), source != repository
        else { return [target] }
        return [target, AccessScope(name: source.path, actions: ["pull"])]
    }

    private static func actions(_ method: HTTPMethod, _ route: RegistryRoute) -> Set<String> {
        switch route {
        case .uploads, .upload: ["pull", "push"]
        default:
            switch method {
            case .GET, .HEAD: ["pull"]
            case .DELETE: ["delete"]
            default: ["pull", "push"]
            }
        }
    }
}
