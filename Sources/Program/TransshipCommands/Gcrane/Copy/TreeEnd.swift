// SPDX-License-Identifier: Apache-2.0

import OCI

/// One end of a recursive copy: a repository, or a registry as a whole.
struct TreeEnd: Sendable, CustomStringConvertible {
    let registry: RegistryHost
    let path: Repository?

    /// A text that could be a host alone is one: repositories of Docker Hub without a namespace have neither dot nor
    /// colon in their names.
    init(_ text: String) throws {
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        if !bare.contains("/"), bare == "localhost" || bare.contains(".") || bare.contains(":"),
            let host = try? RegistryHost(bare)
        {
            registry = host
            path = nil
        } else {
            let place = try text.repositoryPlace("parsing repo \"\(text.displayable)\"")
            registry = place.registry
            path = place.repository
        }
    }

    var description: String { registry.name + (path.map { "/\($0)" } ?? "") }

    /// Where a repository below `source` goes below this end.
    func place(of repository: RepositoryPlace, from source: TreeEnd) throws -> RepositoryPlace {
        let whole = repository.repository.path
        let rest = source.path.map { String(whole.dropFirst($0.path.count)) } ?? "/" + whole
        let target = ((path?.path ?? "") + rest).drop { $0 == "/" }
        do throws(ReferenceError.Reason) {
            // A registry's own tree copied to a bare host keeps its names.
            return RepositoryPlace(registry: registry, repository: try Repository(target.isEmpty ? whole[...] : target))
        } catch {
            throw CommandFailure("\(repository.name) has no place below \(self): \(error.text)")
        }
    }
}
