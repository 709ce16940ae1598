// SPDX-License-Identifier: Apache-2.0

/// A named space inside a registry: the path between the host and the tag.
package struct Repository: Hashable, Sendable, CustomStringConvertible {
    package let path: String

    /// Accepts what gcrane accepts: 1 to 255 of `a-z 0-9 _ - . /`, in any order. `isWireSafe` says whether the path may be
    /// used in a URL.
    package init(_ text: some StringProtocol) throws(ReferenceError.Reason) {
        let path = String(text)
        guard path.utf8.allSatisfy(Self.isAllowed) else { throw .repositoryCharacters(path) }
        guard (1...255).contains(path.utf8.count) else { throw .repositoryLength(path) }
        self.path = path
    }

    private init(unchecked path: String) { self.path = path }

    package var description: String { path }

    /// The repository of a store that has only one.
    package static let layout = Repository(unchecked: "layout")

    /// This name in Docker Hub's namespace of official images. The limit of 255 counts before the prefix.
    package var inLibrary: Repository { Repository(unchecked: "library/" + path) }

    /// No component is empty, `.` or `..`: the path means the same to every URL parser between here and the registry.
    package var isWireSafe: Bool {
        var (length, dots) = (0, 0)
        for byte in path.utf8 {
            if byte == UInt8(ascii: "/") {
                if length == dots, length <= 2 { return false }
                (length, dots) = (0, 0)
            } else {
                length += 1
                if byte == UInt8(ascii: ".") { dots += 1 }
            }
        }
        return length != dots || length > 2
    }

    /// This path below `prefix`. An empty prefix changes nothing.
    package func below(_ prefix: String) throws(ReferenceError.Reason) -> Repository {
        prefix.isEmpty ? self : try Repository(prefix + "/" + path)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), 48...57: true
        default: "_-./".utf8.contains(byte)
        }
    }
}

/// A movable name for one manifest in a repository.
package struct Tag: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    package static let latest = Tag(unchecked: "latest")

    private init(unchecked name: String) { self.name = name }

    /// Accepts what gcrane accepts: 1 to 128 of `A-Z a-z 0-9 _ - .`.
    package init(_ text: some StringProtocol) throws(ReferenceError.Reason) {
        // Generic code is not specialized in other modules, and lists have many tags.
        try self.init(whole: String(text))
    }

    private init(whole name: String) throws(ReferenceError.Reason) {
        guard name.utf8.allSatisfy(Self.isAllowed) else { throw .tagCharacters(name) }
        guard (1...128).contains(name.utf8.count) else { throw .tagLength(name) }
        self.name = name
    }

    package var description: String { name }

    /// `.` and `..` would leave the repository when a URL is normalised on the way.
    package var isWireSafe: Bool { name != "." && name != ".." }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57: true
        default: "_-.".utf8.contains(byte)
        }
    }
}
