// SPDX-License-Identifier: Apache-2.0

package import OCI

/// How a source's name is converted to a path below the target prefix.
package enum TargetMapping: String, Sendable, CaseIterable {
    /// The source as it was typed: `quay.io/a/b:1` goes to `PREFIX/quay.io/a/b:1`.
    case asWritten = "as-written"
    /// The source without its registry: `quay.io/a/b:1` goes to `PREFIX/a/b:1`.
    case repository
    /// The last path component only: `quay.io/a/b:1` goes to `PREFIX/b:1`.
    case flatten
}

/// The place below which targets are made: `host[:port][/path]`.
package struct TargetPrefix: Hashable, Sendable, CustomStringConvertible {
    package let registry: RegistryHost
    /// The path without slashes at its ends; empty for the registry itself.
    package let path: String

    /// Parses the text that the user typed. A slash at the end is ignored.
    ///
    /// - Throws: `TargetPrefixError`, above all for a text that does not begin with a registry. A reference would read
    ///   such a text as a repository of Docker Hub.
    package init(parsing text: String) throws(TargetPrefixError) {
        let bare = text.hasSuffix("/") ? text.dropLast() : text[...]
        let slash = bare.firstIndex(of: "/") ?? bare.endIndex
        let host = bare[..<slash]
        guard host == "localhost" || host.contains(".") || host.contains(":") else {
            throw TargetPrefixError(text: text, reason: "it does not begin with a registry's host")
        }
        path = String(bare[slash...].dropFirst())
        do throws(ReferenceError.Reason) {
            registry = try RegistryHost(host)
            if slash < bare.endIndex { try Self.check(Repository(path)) }
        } catch {
            throw TargetPrefixError(text: text, reason: error.text)
        }
    }

    /// Refuses a path that is not safe in a URL, like a path with a forbidden character.
    private static func check(_ repository: Repository) throws(ReferenceError.Reason) {
        guard repository.isWireSafe else { throw .repositoryCharacters(repository.path) }
    }

    package var description: String { registry.name + (path.isEmpty ? "" : "/" + path) }
}

/// Why a text is not a target prefix.
package struct TargetPrefixError: Error, Hashable, CustomStringConvertible {
    let text: String
    let reason: String

    package var description: String {
        // The original reason would contain a password.
        let reason = placeBehindLogin == nil ? reason.displayable : ReferenceError.loginReason
        return "\"\(ReferenceError.shownPlace(text))\" is not a target, HOST[:PORT][/PATH]: \(reason)"
    }

    private var placeBehindLogin: Substring? { ReferenceError.placeBehindLogin(in: text) }

    /// What to type instead, if that can be derived from the text.
    package var hint: String? {
        if let placeBehindLogin {
            return "write \(placeBehindLogin.displayable); transship auth login keeps the login"
        }
        for scheme in ["https://", "http://", "docker://"] where text.lowercased().hasPrefix(scheme) {
            return "leave out \"\(scheme)\": \(text.dropFirst(scheme.count).displayable)"
        }
        return (try? Repository(text)) == nil ? nil : "for Docker Hub write docker.io/\(text.displayable)"
    }
}

/// Decides the target of an item that does not name one.
package struct TargetRule: Hashable, Sendable {
    package let prefix: TargetPrefix
    package let mapping: TargetMapping

    package init(prefix: TargetPrefix, mapping: TargetMapping = .asWritten) {
        self.prefix = prefix
        self.mapping = mapping
    }

    /// The target of `source`, with the tag and digest that were typed for the source. If none was typed, both sides
    /// use `latest`.
    package func target(for source: Reference) throws(ReferenceError) -> Reference {
        try Reference(parsing: "\(prefix)/\(suffix(of: source))")
    }

    private func suffix(of source: Reference) -> Substring {
        let typed = Substring(source.asTyped)
        switch mapping {
        case .asWritten: return typed
        case .repository: return Self.withoutRegistry(typed)
        case .flatten:
            let name = Self.withoutRegistry(typed)
            return name.lastIndex(of: "/").map { name[name.index(after: $0)...] } ?? name
        }
    }

    /// A reference's text after the slash that ends its registry, if it was typed with one.
    private static func withoutRegistry(_ text: Substring) -> Substring {
        guard let slash = text.firstIndex(of: "/") else { return text }
        let head = text[..<slash]
        guard head == "localhost" || head.contains(".") || head.contains(":") else { return text }
        return text[text.index(after: slash)...]
    }
}
