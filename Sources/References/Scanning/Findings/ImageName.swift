// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Distinguishes references from other text, more strictly than a command line, because here a text need not be a
/// reference.
package enum ImageName {
    /// Parses `text` by the grammar of the distribution project (reference/reference.go), which container runtimes
    /// follow. nil: `text` is not a reference.
    package static func reference(_ text: String) -> Reference? {
        let bytes = Array(text.utf8)
        guard isWellFormed(bytes), text != nothing else { return nil }
        return try? assembled(bytes, text)
    }

    /// What an image without a base begins with. Registries have no image by this name, and Docker refuses to pull one
    /// (docs.docker.com, "Create a minimal base image using scratch").
    static let nothing = "scratch"

    /// Builds the reference from well-formed text and fills in the usual defaults (`Reference.init(parsing:)`).
    private static func assembled(_ bytes: [UInt8], _ text: String) throws -> Reference? {
        let bounds = ReferenceBounds(bytes)
        guard let nameBounds = bounds.name else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        let name = bytes[nameBounds]
        var registry = RegistryHost.dockerHub
        var path = nameBounds
        if let slash = name.firstIndex(of: UInt8(ascii: "/")) {
            let head = name[..<slash]
            if head.contains(46) || head.contains(58) || head.elementsEqual("localhost".utf8) {
                registry = try RegistryHost(part(0..<slash))
                path = slash + 1..<nameBounds.upperBound
            }
        }
        var repository = try Repository(part(path))
        if registry.isDockerHub, !bytes[path].contains(UInt8(ascii: "/")) { repository = repository.inLibrary }
        let digest = try bounds.digest.map { try Digest(part($0)) }
        let tag = try bounds.tag.map { try Tag(part($0)) } ?? (digest == nil ? .latest : nil)
        return Reference(registry: registry, repository: repository, tag: tag, digest: digest, asTyped: text)
    }

    /// `docker.io/library/debian:stretch`: the full name, as container runtimes write it.
    package static func fullName(of reference: Reference) -> String {
        let canonical = reference.canonical
        guard reference.registry.isDockerHub else { return canonical }
        return "docker.io" + canonical.dropFirst(reference.registry.name.count)
    }

    /// The registry's name as people write it.
    package static func registryName(of reference: Reference) -> String {
        reference.registry.isDockerHub ? "docker.io" : reference.registry.name
    }

    /// Whether a text in an unknown place looks like a reference, and not like a word, a path or an address. It has a
    /// digest; or it has a path and a tag, together with a host, a version in the tag, or the tag `latest`; or it has a
    /// path in a known registry.
    package static func isLikely(_ text: String) -> Bool {
        guard let reference = reference(text), text.utf8.count >= 5 else { return false }
        if reference.digest != nil { return true }
        guard let slash = text.lastIndex(of: "/") else { return false }
        let hasTag = text[slash...].contains(":")
        let head = text[..<(text.firstIndex(of: "/") ?? slash)]
        let hasHost = head.contains(".") && !head.allSatisfy { $0.isNumber || $0 == "." }
        if hasHost && !hasTag { return isKnownRegistry(head) }
        guard hasTag, let tag = reference.tag?.name else { return false }
        // "1.2.3.4:80" and "host/path:port" are addresses more often than they are images.
        return hasHost || tag == "latest" || (tag.contains { $0.isNumber } && tag.contains { !$0.isNumber })
    }

    private static func isKnownRegistry(_ host: Substring) -> Bool {
        ["docker.io", "gcr.io", "quay.io", "ghcr.io", "registry.k8s.io", "mcr.microsoft.com", "public.ecr.aws"]
            .contains { host == $0 || host.hasSuffix("." + $0) } || host.hasSuffix("-docker.pkg.dev")
    }

    // MARK: - Grammar

    private static func isWellFormed(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            guard isDigest(rest[(at + 1)...]) else { return false }
            rest = rest[..<at]
        }
        let nameStart = rest.lastIndex(of: UInt8(ascii: "/")) ?? rest.startIndex
        if let colon = rest[nameStart...].lastIndex(of: UInt8(ascii: ":")) {
            guard isTag(rest[(colon + 1)...]) else { return false }
            rest = rest[..<colon]
        }
        return isName(rest)
    }

    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        guard !name.isEmpty, name.count <= 255 else { return false }
        // 64 hexadecimal digits are the identifier of an image, not the name of one.
        if name.count == 64, name.allSatisfy(isHex) { return false }
        var components = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if components.count > 1, isHost(components[0]) { components.removeFirst() }
        return components.allSatisfy(isPathComponent)
    }

    /// Whether a text looks like a host. A lower-case word without dot or colon is the first part of a path.
    private static func isHost(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.elementsEqual("localhost".utf8) || text.contains(where: { isUpper($0) || $0 == 46 || $0 == 58 })
        else { return false }
        var host = text
        if host.first != UInt8(ascii: "["), let colon = host.lastIndex(of: UInt8(ascii: ":")) {
            let port = host[(colon + 1)...]
            guard !port.isEmpty, port.allSatisfy(isDigit) else { return false }
            host = host[..<colon]
        }
        if host.first == UInt8(ascii: "[") { return true }
        return host.split(separator: 46, omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.first != 45 && label.last != 45
                && label.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || $0 == 45 }
        }
    }

    /// Letters and digits, with `.`, `_`, `__` or dashes between them.
    private static func isPathComponent(_ text: ArraySlice<UInt8>) -> Bool {
        var separator: [UInt8] = []
        guard let last = text.last, isAlphanumeric(last), let first = text.first, isAlphanumeric(first) else {
            return false
        }
        for byte in text {
            if isAlphanumeric(byte) {
                guard separator.count < 2 || separator == [95, 95] || separator.allSatisfy({ $0 == 45 }) else {
                    return false
                }
                separator = []
            } else if byte == 46 || byte == 95 || byte == 45 {
                separator.append(byte)
            } else {
                return false
            }
        }
        return true
    }

    private static func isTag(_ tag: ArraySlice<UInt8>) -> Bool {
        guard let first = tag.first, tag.count <= 128, first != 46, first != 45 else { return false }
        return tag.allSatisfy {
            isLower($0) || isUpper($0) || isDigit($0) || $0 == 46 || $0 == 95 || $0 == 45
        }
    }

    private static func isDigest(_ digest: ArraySlice<UInt8>) -> Bool {
        (try? Digest(String(decoding: digest, as: UTF8.self))) != nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (97...102).contains(byte) }
}
