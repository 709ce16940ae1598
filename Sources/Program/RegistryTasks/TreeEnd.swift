// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// One end of a recursive copy: a repository, or a registry as a whole.
package struct TreeEnd: Sendable, CustomStringConvertible {
    package let registry: RegistryHost
    package let path: Repository?

    package init(_ place: NamedRepository) { (registry, path) = (place.registry, place.repository) }

    /// Takes a text that looks like a host for a registry. Docker Hub's repositories without a namespace have neither
    /// dot nor colon in their names. nil: the text names a repository.
    package init?(registry text: String) {
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard !bare.contains("/"), bare == "localhost" || bare.contains(".") || bare.contains(":"),
            let host = try? RegistryHost(bare)
        else { return nil }
        (registry, path) = (host, nil)
    }

    package var description: String { registry.name + (path.map { "/\($0)" } ?? "") }

    /// Where a repository below `source` goes below this end.
    package func place(
        of repository: NamedRepository, from source: TreeEnd
    ) throws(ContentFailure) -> NamedRepository {
        let whole = repository.repository.path
        let rest = source.path.map { String(whole.dropFirst($0.path.count)) } ?? "/" + whole
        let target = ((path?.path ?? "") + rest).drop { $0 == "/" }
        do throws(ReferenceError.Reason) {
            // The root of a tree that is copied to a bare host keeps its name.
            return NamedRepository(registry: registry, repository: try Repository(target.isEmpty ? whole[...] : target))
        } catch {
            throw ContentFailure(.invalid, "\(repository.name) has no place below \(self): \(error.text)")
        }
    }
}
