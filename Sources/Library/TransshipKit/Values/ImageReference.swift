// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import TransferEngine

/// The name of an image in a registry, or in an OCI layout folder of this machine.
///
/// | text | image |
/// |---|---|
/// | `redis:7` | `docker.io/library/redis`, tag `7` |
/// | `ghcr.io/acme/web` | tag `latest` |
/// | `ghcr.io/acme/web@sha256:…` | the manifest with this digest |
/// | `ghcr.io/acme/web:1.0@sha256:…` | the manifest with this digest; as a target it also gets the tag |
/// | `oci:FOLDER:1.0` | the image that the layout in `FOLDER` calls `1.0` |
///
/// ```swift
/// let source = try ImageReference("redis:7")
/// let target = try source.moved(below: "registry.example/mirror")
/// print(target)  // registry.example/mirror/redis:7
/// ```
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    let value: Reference

    init(_ value: Reference) { self.value = value }

    /// Parses a reference. `docker.io`, `library/` and `latest` are filled in as Docker does; a text that begins with
    /// `oci:` names an image of a layout folder, which is created when something is written to it.
    ///
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid``, with a hint if the mistake is obvious.
    public init(_ text: String) throws(TransshipError) {
        guard LayoutReference.isMeant(by: text) else {
            do throws(ReferenceError) { value = try Reference(parsing: text) } catch { throw TransshipError(error) }
            try checkWire(text)
            return
        }
        do throws(ReferenceError.Reason) { value = Reference(try LayoutReference(parsing: text)) } catch {
            throw TransshipError(ReferenceError(input: text, reason: error))
        }
    }

    /// Rejects characters that are not allowed in a URL and would otherwise fail later, during a run.
    private func checkWire(_ text: String) throws(TransshipError) {
        guard !value.repository.isWireSafe || !(value.tag?.isWireSafe ?? true) else { return }
        let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] }
        let hint = scheme.map { "leave out \"\($0.displayable)\": \(text.dropFirst($0.count).displayable)" }
        throw TransshipError(
            .invalid, "\"\(text.displayable)\" cannot be requested: a part of it is empty, \".\" or \"..\"", hint: hint)
    }

    /// The registry's host, with its port if one was written. Docker Hub is `docker.io`. nil for a layout.
    public var registry: String? { layoutFolder == nil ? value.registry.publicName : nil }

    /// The folder of the layout; nil for a registry.
    public var layoutFolder: String? { value.registry.layoutFolder }

    /// The path between host and tag, such as `library/redis`. A layout is one repository, `layout`.
    public var repository: String { value.repository.path }

    /// The tag; nil if only a digest was written.
    public var tag: String? { value.tag?.name }

    /// The digest, if one was written. It then decides which manifest is meant, and not the tag.
    public var digest: Digest? { value.digest.map { Digest($0) } }

    /// This reference with a digest, so that it always means the same image. The tag stays.
    public func pinned(to digest: Digest) -> ImageReference {
        changed(tag: value.tag, digest: digest.value)
    }

    /// This reference with another tag and without a digest.
    ///
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` if the text is not a tag: 1 to 128 letters,
    ///   digits, underscores, dots and hyphens.
    public func tagged(_ tag: String) throws(TransshipError) -> ImageReference {
        do throws(ReferenceError.Reason) { return changed(tag: try OCI.Tag(tag), digest: nil) } catch {
            throw TransshipError(ReferenceError(input: tag, reason: error))
        }
    }

    /// The name for this image below a place in another registry: `quay.io/a/b:1` below `registry.example/mirror` is
    /// `registry.example/mirror/quay.io/a/b:1`.
    ///
    /// - Parameters:
    ///   - place: `HOST[:PORT][/PATH]`.
    ///   - keepingRegistry: false omits the source's host: `registry.example/mirror/a/b:1`.
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` if `place` is not a place, if the name would be
    ///   too long, and for an image of a layout, which has no name to keep.
    public func moved(
        below place: String, keepingRegistry: Bool = true
    ) throws(TransshipError) -> ImageReference {
        guard layoutFolder == nil else {
            throw TransshipError(.invalid, "\(self) is in a layout and has no name of its own", hint: "name the target")
        }
        let prefix: TargetPrefix
        do throws(TargetPrefixError) { prefix = try TargetPrefix(parsing: place) } catch {
            throw TransshipError(.invalid, error.description, hint: error.hint)
        }
        let rule = TargetRule(prefix: prefix, mapping: keepingRegistry ? .asWritten : .repository)
        do throws(ReferenceError) { return ImageReference(try rule.target(for: value)) } catch {
            throw TransshipError(error)
        }
    }

    private func changed(tag: OCI.Tag?, digest: OCI.Digest?) -> ImageReference {
        var changed = value
        (changed.tag, changed.digest) = (tag, digest)
        let place = registry.map { $0 + "/" + repository } ?? value.repositoryName
        changed.asTyped = place + (tag.map { ":" + $0.name } ?? "") + (digest.map { "@" + $0.text } ?? "")
        return ImageReference(changed)
    }

    /// The text that this was parsed from. For a reference made from another one, its full form.
    public var description: String { "\(value)" }
}

extension ImageReference {
    /// The reference as an end of a copy. The registry's name is the store's name.
    var endpoint: TransferEndpoint {
        TransferEndpoint(
            store: StoreID(value.registry), repository: value.repository, tag: value.tag, digest: value.digest)
    }
}

extension RegistryHost {
    /// The spelling for users.
    var publicName: String { isDockerHub ? "docker.io" : name }
}

extension StoreID {
    /// The spelling for users: a registry's host, or `oci:FOLDER`.
    var publicName: String { name == RegistryHost.dockerHub.name ? "docker.io" : name }
}
