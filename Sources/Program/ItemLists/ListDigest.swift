// SPDX-License-Identifier: Apache-2.0

package import BatchList
import Content
package import OCI

extension BatchItems {
    /// A digest of the lists' lines before tag filters are expanded. The order of the lines does not matter. Lists with
    /// the same digest name the same copies.
    ///
    /// - Parameter platforms: the platforms that are wanted from indexes.
    package func digest(_ platforms: PlatformChoice?) -> Digest {
        var lines = items.map { "\($0.source.asTyped)\t\($0.target.asTyped)\n" }
        lines += unexpanded.map { "\($0.entry.asTyped)\t\($0.targetName)\n" }
        var hash = ContentHash(.sha256)
        for line in lines.sorted() + ["\(platforms.map { "\($0)" } ?? "all") \(platforms?.isSparse ?? false)\n"] {
            Array(line.utf8).withUnsafeBytes { hash.update($0) }
        }
        return hash.finish()
    }
}
