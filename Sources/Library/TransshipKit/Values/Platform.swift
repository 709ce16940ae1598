// SPDX-License-Identifier: Apache-2.0

import OCI

/// Operating system, architecture and, where they matter, variant and OS version: which image of an index is meant.
///
/// ```swift
/// let platform = try Platform("linux/arm64")
/// ```
public struct Platform: Hashable, Sendable, CustomStringConvertible {
    let value: OCI.Platform

    /// Parses `OS/ARCHITECTURE[/VARIANT][:OSVERSION]`.
    ///
    /// A child of an index satisfies a platform when system and architecture are equal; variant and OS version are compared
    /// only where they are given here.
    ///
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` where system or architecture is missing, and for
    ///   more than three parts.
    public init(_ text: String) throws(TransshipError) {
        do throws(PlatformError) { value = try OCI.Platform(parsing: text) } catch {
            throw TransshipError(.invalid, "\(error)")
        }
        guard !value.os.isEmpty, !value.architecture.isEmpty else {
            throw TransshipError(.invalid, "\"\(text.displayable)\" is not a platform: expected os/architecture")
        }
    }

    /// The text, as ``init(_:)`` takes it.
    public var description: String { "\(value)" }
}
