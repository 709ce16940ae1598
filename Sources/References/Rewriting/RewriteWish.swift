// SPDX-License-Identifier: Apache-2.0

package import OCI
package import Scanning

/// What is to become of a found reference.
package enum RewriteWish: Hashable, Sendable {
    /// It stays, and nobody needs to hear of it.
    case leave
    /// It should change, but cannot be changed safely: why.
    case refuse(String)
    case become(Reference)
}

/// A reference that stays as it is although it should change.
package struct Refused: Hashable, Sendable {
    package var finding: Finding
    package var reason: String

    package init(_ finding: Finding, _ reason: String) {
        self.finding = finding
        self.reason = reason
    }
}

/// Why a change cannot be made with the bytes there are.
package struct RewriteRefusal: Error {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
