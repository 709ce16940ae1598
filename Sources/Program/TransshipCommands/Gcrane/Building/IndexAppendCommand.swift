// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import Files
import GcraneSyntax
import ImageAssembly
import ItemLists
import OCI
import OCILayout
import Reporting
import TransferEngine

/// `index append`: manifests added to an index of a registry, to a layout folder, or to nothing.
struct IndexAppendCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "append", "[BASE]", .any, summary: "add manifests to an index",
            flags: [
                FlagSpec("docker-empty-base", .bool, "without a base: a Docker manifest list, not an OCI index"),
                FlagSpec(
                    "flatten", .bool, "of an index that is added, add its children instead", defaultText: "true"),
                FlagSpec(
                    "manifest", short: "m", .list, "images and indexes to add: of registries, archives, layout folders"),
                FlagSpec("tag", short: "t", .string, "name to send the index to, instead of the base's"),
            ])
        spec.notes = [
            "An image's platform is what its config says. A base that exists, or begins with . or /, is a layout folder."
        ]
        spec.examples = [
            .init(
                "One name for two platforms",
                "index append -m registry.example/app:amd64 -m registry.example/app:arm64 -t registry.example/app:v1")
        ]
        return spec
    }

    func run() async throws {
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            let flattens = !job.flags.isSet("flatten") || job.flags.bool("flatten")
            var additions = IndexAdditions(connections, flattens: flattens)
            for text in job.flags.list("manifest") + job.arguments.dropFirst() { try await additions.add(text) }
            let base = job.arguments.first.flatMap { $0.isEmpty ? nil : $0 }
            if let base, Self.isLocal(base) { return try await append(additions, toLayout: base, connections) }
            try await append(additions, to: base, connections)
        }
    }

    private static func isLocal(_ base: String) -> Bool {
        Files.exists(base) || base.hasPrefix(".") || base.hasPrefix("/")
    }

    // MARK: - Registries

    /// The index that manifests are added to.
    private struct Base {
        var reference: Reference?
        var document: IndexDocument
        var mediaType: MediaType
    }

    private func append(_ additions: IndexAdditions, to text: String?, _ connections: Connections) async throws {
        var base = try await base(text, connections)
        let children = Self.children(of: base)
        for addition in additions.found { base.document.append(addition.entry) }
        let bytes = base.document.bytes
        let index = ManifestContent(bytes: bytes, mediaType: base.mediaType, digest: ContentHash.digest(of: bytes))
        let target = try await target(of: base.reference, index.digest)
        try await wrapping("pushing image \(target)") {
            try target.checkTargetName()
            let all = children + additions.found
            try await send(index, of: all, local: additions.local, to: target, connections)
        }
        job.console.output("\(target.repositoryName)@\(index.digest)")
    }

    private func base(_ text: String?, _ connections: Connections) async throws -> Base {
        guard let text else { return try emptyBase() }
        let reference = try text.bareReference()
        let content = try await wrapping("pulling \(reference)") {
            try await connections.store(reference.registry).manifest(reference.selector, in: reference.repository)
        }
        let manifest = try content.parsed()
        guard manifest.kind == .index else {
            throw CommandFailure("expected \(reference) to be an index, got \"\(manifest.mediaType)\"")
        }
        do throws(DocumentProblem) {
            let document = try IndexDocument(content.bytes)
            return Base(reference: reference, document: document, mediaType: manifest.mediaType)
        } catch { throw CommandFailure("\(error)") }
    }

    private func emptyBase() throws -> Base {
        guard job.flags.text("tag")?.isEmpty == false else {
            throw CommandFailure("at least one of --base or --tag must be specified")
        }
        job.log.line("base unspecified, using empty index")
        let type: MediaType = job.flags.bool("docker-empty-base") ? .dockerList : .ociIndex
        return Base(reference: nil, document: IndexDocument(mediaType: type), mediaType: type)
    }

    /// The children of the base. They must also be at the target of the new index.
    private static func children(of base: Base) -> [IndexAddition] {
        guard let reference = base.reference else { return [] }
        return base.document.entries.compactMap { entry in
            guard let digest = entry.digest else { return nil }
            var source = reference.endpoint
            (source.tag, source.digest) = (nil, digest)
            return IndexAddition(entry: entry, source: source, name: reference.description)
        }
    }

    private func target(of base: Reference?, _ digest: Digest) async throws -> Reference {
        if let text = job.flags.text("tag"), !text.isEmpty {
            return try await wrapping("parsing reference \(text.displayable)") { try text.bareReference() }
        }
        guard let base else { throw CommandFailure("no target reference determined") }
        return base.digest == nil ? base : try "\(base.repositoryName)@\(digest)".bareReference()
    }

    /// Sends the children first, because an index may name only manifests that are there.
    private func send(
        _ index: ManifestContent, of children: [IndexAddition], local: [StoreID: any ContentSource],
        to target: Reference, _ connections: Connections
    ) async throws {
        let store = connections.targetStore(target.registry)
        if let there = try await store.summary(of: target.selector, in: target.repository), there.digest == index.digest
        {
            return job.log.line("existing manifest: \(target.tag.map { "\($0)@" } ?? "")\(index.digest)")
        }
        try await copy(children, local: local, to: target.endpoint, called: target.repositoryName, connections) {
            [log = job.log] in
            log.line($0)
        }
        try await store.put(index, as: index.mediaType, at: target.selector, in: target.repository)
        job.log.line("\(target): digest: \(index.digest) size: \(index.bytes.count)")
    }

    private func copy(
        _ children: [IndexAddition], local: [StoreID: any ContentSource], to target: TransferEndpoint,
        called name: String, _ connections: Connections, log line: @escaping @Sendable (String) -> Void
    ) async throws {
        var seen: Set<Digest> = []
        let items = children.compactMap { child in
            child.source.digest.map { seen.insert($0).inserted } == true
                ? CopyItem(child: child.source, named: child.name, to: target, called: name) : nil
        }
        let log = CopyLog(items: items.map(\.named), log: line)
        let results = try await CopyRun(
            items: items, platforms: nil, job: job, connections: connections, local: local
        ).execute(telling: log)
        for position in items.indices where results.digest(of: position) == nil {
            throw CommandFailure(results.cause(of: position), hint: results.hint)
        }
    }

    // MARK: - Layout folders

    private func append(_ additions: IndexAdditions, toLayout path: String, _ connections: Connections) async throws {
        let name = LayoutReference.scheme + path
        let target = TransferEndpoint(store: .layout(folder: path), repository: .layout, tag: nil, digest: nil)
        try await copy(additions.found, local: additions.local, to: target, called: name, connections) { _ in }
        try await LayoutStore(path).list(additions.found.map(\.entry.document))
    }
}
