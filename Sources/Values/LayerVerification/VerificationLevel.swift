// SPDX-License-Identifier: Apache-2.0

/// How closely layers are looked at.
package enum VerificationLevel: String, Sendable, CaseIterable {
    /// Size and digest, as always.
    case digest
    /// Besides, layers unpack without fault.
    case unpack
    /// Besides, what they unpack to is what the image's config names.
    case diffid

    /// By its name, or the one that `unpack` had before.
    package init?(named name: String) { self.init(rawValue: name == "gzip" ? "unpack" : name) }
}
