// SPDX-License-Identifier: Apache-2.0

/// Which images of an index are wanted.
///
/// One platform stands for its image, which takes the index's place. Several stand for an index of those images.
package struct PlatformChoice: Hashable, Sendable {
    /// At least one, each once, as they were asked for.
    package let platforms: [Platform]
    /// The index stays as it is, bytes and digest, though only those images come along with it.
    package let isSparse: Bool

    /// - Returns: nil for no platforms: then everything is wanted.
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

    /// What arrives is not what the source names: an image, or an index of some images.
    package var replacesIndex: Bool { !isSparse }
}

extension PlatformChoice: CustomStringConvertible {
    package var description: String { platforms.map(\.description).joined(separator: ", ") }
}
