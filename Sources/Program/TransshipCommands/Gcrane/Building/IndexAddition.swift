// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import DockerArchive
import Files
import ImageAssembly
import OCI
import OCILayout
import Reporting
import TransferEngine

/// A manifest that is added to an index: its entry in the index, and its source.
struct IndexAddition: Sendable {
    let entry: IndexEntry
    let source: TransferEndpoint
    /// The name of the source in messages.
    let name: String
}

/// Finds the manifests that are added, in files and folders of this machine, or else in registries.
struct IndexAdditions {
    let connections: Connections
    /// Whether an index is replaced by its children.
    let flattens: Bool
    private(set) var found: [IndexAddition] = []
    /// The stores of manifests on this machine.
    private(set) var local: [StoreID: any ContentSource] = [:]

    init(_ connections: Connections, flattens: Bool) {
        self.connections = connections
        self.flattens = flattens
    }

    private struct Place {
        var id: StoreID
        var store: any ContentSource
        var repository: Repository
        var name: String
    }

    mutating func add(_ text: String) async throws {
        if try await addLocal(text) { return }
        let reference = try text.bareReference()
        let store = connections.store(reference.registry)
        let content = try await store.manifest(reference.selector, in: reference.repository)
        let place = Place(
            id: StoreID(reference.registry), store: store, repository: reference.repository,
            name: reference.description)
        try await add(content, at: place)
    }

    /// Adds the image at a path. Returns false if there is no image at the path, because the text may still name one in
    /// a registry. Throws for a damaged image, because the image in a registry would be another one.
    private mutating func addLocal(_ path: String) async throws -> Bool {
        guard Files.exists(path), let image = try await Self.image(at: path) else { return false }
        let id = StoreID.local("local \(local.count + 1)")
        local[id] = image.store
        try await add(
            image.content, at: Place(id: id, store: image.store, repository: .layout, name: path.displayable))
        return true
    }

    /// - Returns: nil for a folder that is no layout, and for a file that is no archive.
    private static func image(at path: String) async throws -> (store: any ContentSource, content: ManifestContent)? {
        switch try? Files.kind(path, "open") {
        case nil: return nil
        case .folder?:
            return try await loading(path, "as OCI layout") {
                guard try isLayout(path) else { return nil }
                let store = LayoutStore(path)
                return (store, try await store.indexManifest())
            }
        default:
            return try await loading(path, "as tarball") {
                guard try DockerArchive.isArchive(path) else { return nil }
                let archive = try DockerArchive(path)
                let store = try ArchiveStore(archive.image(tagged: nil), of: archive)
                return (store, store.manifest)
            }
        }
    }

    private static func loading<Value>(
        _ path: String, _ form: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do { return try await body() } catch let failure as ContentFailure where failure.kind == .cancelled {
            throw failure
        } catch {
            let failure = error as? ContentFailure
            throw CommandFailure(
                "loading \(path.displayable) \(form): \(failure?.message ?? "\(error)".displayable)",
                hint: failure?.hint)
        }
    }

    private static func isLayout(_ folder: String) throws(FileProblem) -> Bool {
        for name in ["oci-layout", "index.json"] {
            do throws(FileProblem) {
                _ = try Files.kind(folder + "/" + name, "open")
                return true
            } catch {
                guard error.isMissing else { throw error }
            }
        }
        return false
    }

    private mutating func add(_ content: ManifestContent, at place: Place) async throws {
        let manifest = try content.parsed()
        let content = ManifestContent(bytes: content.bytes, mediaType: manifest.mediaType, digest: content.digest)
        switch manifest.kind {
        case .image:
            let platform = try await Self.platform(manifest, at: place)
            add(entry(of: content, at: place, platform: platform), content.digest, at: place)
        case .index where flattens: try await addChildren(of: content, at: place)
        case .index: add(entry(of: content, at: place), content.digest, at: place)
        default: throw CommandFailure("unknown media type: \(manifest.mediaType)")
        }
    }

    private func entry(of content: ManifestContent, at place: Place, platform: JSON? = nil) -> IndexEntry {
        local[place.id] == nil
            ? IndexEntry(fetched: content, platform: platform) : IndexEntry(content, platform: platform)
    }

    private mutating func addChildren(of index: ManifestContent, at place: Place) async throws {
        let document: IndexDocument
        do throws(DocumentProblem) { document = try IndexDocument(index.bytes) } catch {
            throw CommandFailure("\(error)")
        }
        for child in document.entries {
            guard let digest = child.digest else { continue }
            switch child.mediaType.manifestKind {
            case .image:
                let image = try await place.store.manifest(.digest(digest), in: place.repository)
                add(child.describing(image), digest, at: place)
            case .index: add(child, digest, at: place)
            default: throw CommandFailure("unexpected child media type: \(child.mediaType)")
            }
        }
    }

    private mutating func add(_ entry: IndexEntry, _ digest: Digest, at place: Place) {
        let source = TransferEndpoint(store: place.id, repository: place.repository, tag: nil, digest: digest)
        found.append(IndexAddition(entry: entry, source: source, name: place.name))
    }

    /// The platform that an image's config names.
    private static func platform(_ image: Manifest, at place: Place) async throws -> JSON? {
        guard let config = image.config else { return nil }
        let opened = try await place.store.blob(config, in: place.repository, from: 0)
        let bytes = try await VerifiedBlob(opened.bytes, expecting: config)
            .collected(upTo: Descriptor.largestConfig, named: "the config")
        do throws(DocumentProblem) { return try ConfigDocument(bytes).platform } catch {
            throw CommandFailure("\(error)")
        }
    }
}
