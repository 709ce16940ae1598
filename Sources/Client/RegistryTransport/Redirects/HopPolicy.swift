// SPDX-License-Identifier: Apache-2.0

/// Decides where an answer may send this program: a redirect, an upload location, a token service, a next page.
package struct HopPolicy: Sendable {
    /// The origin the user named, or that such an origin answered for.
    package let home: WireOrigin
    /// How far `home` itself reaches.
    package let homeClass: AddressClass

    /// - Parameter connected: what `home` resolved to, where it was connected to.
    package init(home: WireOrigin, connected: AddressClass?) {
        self.home = home
        homeClass = AddressClass(host: home.host) ?? connected ?? .everywhere
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

    /// The addresses a connection to the URL may have, when `current` sent us there.
    ///
    /// Somebody on the internet must not aim this program at inner addresses (go-containerregistry#2243). A registry
    /// that is itself at an inner address may lead to its neighbours (#2258); to metadata services nobody may.
    package func reach(of url: WireURL, from current: WireOrigin) throws(Refusal) -> WireRequest.Reach {
        if url.origin == home { return .anywhere }
        if current.scheme == .https, url.origin.scheme == .http { throw .downgrade }
        let reach = WireRequest.Reach.publicOr(homeClass)
        if let literal = AddressClass(host: url.origin.host), !reach.includes(literal) { throw .internalAddress }
        return reach
    }
}
