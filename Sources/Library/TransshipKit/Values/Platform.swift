// SPDX-License-Identifier: Apache-2.0

import OCI

/// The platform of an image in an index: operating system, architecture and optionally variant and OS version.
///
/// ```swift
/// let platform = try Platform("linux/arm64")
/// ```
public struct Platform: Hashable, Sendable, CustomStringConvertible {
    let value: OCI.Platform

    /// Parses `OS/ARCHITECTURE[/VARIANT][:OSVERSION]`.
    ///
    /// A child of an index matches a platform if system and architecture are equal. Variant and OS version are compared
    /// only if they are given here.
    ///
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` if system or architecture is missing, or there
    ///   are more than three parts.
    public init(_ text: String) throws(TransshipError) {
        do throws(PlatformError) { value = try OCI.Platform(parsing: text) } catch {
            throw TransshipError(.invalid, "\(error)")
        }
        guard !value.os.isEmpty, !value.architecture.isEmpty else {
            throw TransshipError(.invalid, "\"\(text.displayable)\" is not a platform: expected os/architecture")
        }
    }

    /// The text, in the form that ``init(_:)`` accepts.
    public var description: String { "\(value)" }
}
