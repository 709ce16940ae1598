// SPDX-License-Identifier: Apache-2.0

package import BatchList
import Content
package import OCI

extension BatchItems {
    /// Of what lists say before tag filters are expanded, whatever the order of their lines: two lists with one digest ask for the same.
    ///
    /// - Parameter platforms: what is wanted of indexes.
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
