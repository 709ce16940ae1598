// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// Requires a name and a password in every request (RFC 7617).
package struct BasicAuthenticator: RegistryResponder {
    private let base: any RegistryResponder
    private let users: RegistryUsers

    package init(_ base: any RegistryResponder, users: RegistryUsers) {
        self.base = base
        self.users = users
    }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        switch users.user(of: request) {
        case .accepted(let user):
            var response = await base.respond(to: request)
            response.user = user
            return response
        case .anonymous where users.everybodyPulls && request.isPull: return await base.respond(to: request)
        case .anonymous, .refused: return RegistryError.unauthorized("Basic realm=\"transship\"").response
        }
    }
}
