// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// One request to a registry, with the permission it needs: auth reads the call instead of guessing from its URL.
struct Call: Sendable {
    enum Destination: Sendable {
        /// Below the registry's origin, which the ping finds out.
        case path(String)
        /// Where the registry sent us. Gets credentials only if it is at the registry's origin.
        case url(WireURL)
    }

    var method: WireRequest.Method
    var destination: Destination
    var scopes: ScopeSet
    /// Whose credentials; nil for the host as a whole.
    var repository: Repository?
    var headers = WireHeaders()
    var body = WireRequest.Body.none
    var bodyPrivacy = WireRequest.BodyPrivacy.shown
    /// Whether it may be asked in place of the ping: a question without a body, mostly answered without a redirect.
    var mayComeFirst = false
    var policy = ReadPolicy.normal
    /// Bytes of the answer's body that make sense, errors aside.
    var largestAnswer = RegistryErrors.largestBody

    init(_ method: WireRequest.Method, _ destination: Destination, scopes: ScopeSet, in repository: Repository?) {
        self.method = method
        self.destination = destination
        self.scopes = scopes
        self.repository = repository
    }
}
