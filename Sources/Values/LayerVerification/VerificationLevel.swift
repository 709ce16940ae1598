// SPDX-License-Identifier: Apache-2.0

/// How closely layers are looked at.
package enum VerificationLevel: String, Sendable, CaseIterable {
    /// Size and digest, as always.
    case digest
    /// Besides, gzip layers inflate without fault.
    case gzip
    /// Besides, what they inflate to is what the image's config names.
    case diffid
}
