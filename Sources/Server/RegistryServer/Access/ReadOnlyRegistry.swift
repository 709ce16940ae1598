// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// Allows only reads, and refuses all other requests with 405 `UNSUPPORTED`.
package struct ReadOnlyRegistry: RegistryResponder {
    private let base: any RegistryResponder

    package init(_ base: any RegistryResponder) { self.base = base }

    package func respond(to request: RegistryRequest) async -> RegistryResponse {
        if request.method == .GET || request.method == .HEAD { return await base.respond(to: request) }
        return RegistryError(
            .methodNotAllowed, .unsupported, "this registry is read-only", headers: ["Allow": "GET, HEAD"]
        ).response
    }
}
