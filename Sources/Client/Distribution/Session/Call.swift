// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import RegistryAuth
import RegistryTransport

/// One request to a registry, with the permission it needs. Authorization reads the call and does not guess from its URL.
struct Call: Sendable {
    enum Destination: Sendable {
        /// A path below the registry's origin, which the ping finds out.
        case path(String)
        /// A URL that the registry redirected to. It gets credentials only if it is at the registry's origin.
        case url(WireURL)
    }

    var method: WireRequest.Method
    var destination: Destination
    var scopes: ScopeSet
    /// The repository whose credentials are used; nil for those of the host.
    var repository: Repository?
    var headers = WireHeaders()
    var body = WireRequest.Body.none
    var bodyPrivacy = WireRequest.BodyPrivacy.shown
    /// Whether the call may be sent in place of the ping: it has no body, and is usually answered without a redirect.
    var mayComeFirst = false
    var policy = ReadPolicy.normal
    /// The largest useful body of an answer, in bytes, apart from errors.
    var largestAnswer = RegistryErrors.largestBody

    init(_ method: WireRequest.Method, _ destination: Destination, scopes: ScopeSet, in repository: Repository?) {
        self.method = method
        self.destination = destination
        self.scopes = scopes
        self.repository = repository
    }
}
