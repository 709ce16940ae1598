// SPDX-License-Identifier: Apache-2.0

/// Which images of an index are wanted.
///
/// One platform means its image, in place of the index. Several platforms mean an index of those images.
package struct PlatformChoice: Hashable, Sendable {
    /// At least one, each once, in the requested order.
    package let platforms: [Platform]
    /// The index keeps its bytes and digest, but only those images are copied with it.
    package let isSparse: Bool

    /// - Returns: nil for no platforms. Then everything is wanted.
    package init?(_ platforms: [Platform], isSparse: Bool = false) {
        guard !platforms.isEmpty else { return nil }
        var seen: Set<Platform> = []
        self.platforms = platforms.filter { seen.insert($0).inserted }
        self.isSparse = isSparse
    }

    package init(_ platform: Platform) {
        platforms = [platform]
        isSparse = false
    }

    /// The image itself is wanted, without an index around it.
    package var wantsSingleImage: Bool { platforms.count == 1 && !isSparse }

    /// The copy differs from the source's index: it is an image, or an index of some images.
    package var replacesIndex: Bool { !isSparse }
}

extension PlatformChoice: CustomStringConvertible {
    package var description: String { platforms.map(\.description).joined(separator: ", ") }
}
