// SPDX-License-Identifier: Apache-2.0

/// Operating system, architecture and optionally variant and OS version.
package struct Platform: Hashable, Sendable {
    package var os: String
    package var architecture: String
    package var variant: String?
    package var osVersion: String?

    package init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
    }

    /// The platform of a descriptor without a platform, as in gcrane.
    package static let linuxAMD64 = Platform(os: "linux", architecture: "amd64")

    /// Parses `os/arch[/variant][:osversion]`, as `--platform` takes it. Blanks around the text are ignored.
    ///
    /// A bare `linux` is accepted, with an empty architecture, and matches nothing, as in gcrane.
    /// - Throws: `PlatformError` for more than three parts.
    package init(parsing text: String) throws(PlatformError) {
        let trimmed = text.drop { $0.isWhitespace }
        let bare = String(trimmed.reversed().drop { $0.isWhitespace }.reversed())
        let halves = bare.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = (halves.first ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3 else { throw PlatformError(text: bare) }
        os = parts.first ?? ""
        architecture = parts.count > 1 ? parts[1] : ""
        variant = parts.count > 2 ? parts[2] : nil
        osVersion = halves.count > 1 ? String(halves[1]) : nil
    }

    /// Whether a child that declares `offered` satisfies a request for this platform: system and architecture are equal,
    /// variant and OS version only if asked for. A lower variant does not match a request for a higher one (gcrane's rule).
    package func isSatisfied(by offered: Platform) -> Bool {
        os == offered.os && architecture == offered.architecture
            && (variant ?? "").isEmptyOrEqual(to: offered.variant)
            && (osVersion ?? "").isEmptyOrEqual(to: offered.osVersion)
    }
}

extension String {
    fileprivate func isEmptyOrEqual(to other: String?) -> Bool { isEmpty || self == other ?? "" }
}

extension Platform: CustomStringConvertible {
    package var description: String {
        let base = [os, architecture, variant ?? ""].filter { !$0.isEmpty }.joined(separator: "/")
        return (osVersion.map { base + ":" + $0 } ?? base).displayable
    }
}

/// More parts than a platform has.
package struct PlatformError: Error, Equatable, CustomStringConvertible {
    package let text: String
    package var description: String { "too many slashes in platform spec: \(text.displayable)" }
}
