// SPDX-License-Identifier: Apache-2.0

package import OCI
package import Scanning

/// The decision about a found reference.
package enum RewriteDecision: Hashable, Sendable {
    /// It stays as it is, without a message.
    case leave
    /// It should change, but cannot be changed safely, for this reason.
    case refuse(String)
    case replace(with: Reference)
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

/// The reason why the bytes of a file cannot express a change.
package struct RewriteRefusal: Error {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
