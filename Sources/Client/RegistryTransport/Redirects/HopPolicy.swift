// SPDX-License-Identifier: Apache-2.0

/// Decides which URLs in answers may be followed: redirects, upload locations, token services, next pages.
package struct HopPolicy: Sendable {
    /// The origin that the user named, or the one that answers for it.
    package let home: WireOrigin
    private let connected: AddressClass?

    /// The address class of `home`. Most URLs are at home, and are judged without it.
    package var homeClass: AddressClass { AddressClass(host: home.host) ?? connected ?? .everywhere }

    /// - Parameter connected: the address class of the connection to `home`, if there was one.
    package init(home: WireOrigin, connected: AddressClass?) {
        self.home = home
        self.connected = connected
    }

    package enum Refusal: Error, Equatable, CustomStringConvertible {
        case downgrade
        case internalAddress

        package var description: String {
            switch self {
            case .downgrade: "it leads from https to http"
            case .internalAddress: "it leads to an internal address, which only the user may name"
            }
        }
    }

    /// The addresses that a connection to the URL may have, if `current` named the URL.
    ///
    /// A host on the internet must not redirect this program to internal addresses (go-containerregistry#2243). A registry
    /// that is itself at an internal address may redirect to its neighbours (#2258). No host may redirect to metadata
    /// services.
    package func reach(of url: WireURL, from current: WireOrigin) throws(Refusal) -> WireRequest.Reach {
        if url.origin == home { return .anywhere }
        if current.scheme == .https, url.origin.scheme == .http { throw .downgrade }
        let reach = WireRequest.Reach.publicOr(homeClass)
        if let literal = AddressClass(host: url.origin.host), !reach.includes(literal) { throw .internalAddress }
        return reach
    }
}
