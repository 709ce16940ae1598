// SPDX-License-Identifier: Apache-2.0

/// How closely layers are checked.
package enum VerificationLevel: String, Sendable, CaseIterable {
    /// Size and digest, which are always verified.
    case digest
    /// In addition, layers must unpack without errors.
    case unpack
    /// In addition, layers must have the diff IDs that the image's config names.
    case diffid

    /// By name, or by the former name of `unpack`.
    package init?(named name: String) { self.init(rawValue: name == "gzip" ? "unpack" : name) }
}
