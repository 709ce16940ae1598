import Content
import OCI

/// One audit on its way down the graphs, and what it has seen.
struct AuditWalk: Sendable {
    /// A manifest or blob in a repository of the target.
    struct Place: Hashable, Sendable {
        var store: StoreID
        var repository: Repository
        var digest: Digest
    }

    struct ReadBlob: Hashable, Sendable {
        var store: StoreID
        var digest: Digest
    }

    let audit: Audit
    let requests: AuditRequests
    private let manifests = OnceMap<Place, AuditFindings>()
    private let blobs = OnceMap<Place, AuditFindings>()
    private let contents = OnceMap<ReadBlob, AuditFindings>()

    init(_ audit: Audit) {
        self.audit = audit
        requests = AuditRequests(audit)
    }

    // MARK: - Items

    func report(on item: AuditItem) async -> AuditReport {
        do throws(TransferFailure) {
            let root = try await agreedRoot(item)
            let place = Place(store: item.target.store, repository: item.target.repository, digest: root.digest)
            return AuditReport(digest: root.digest, findings: await manifest(place, path: [], known: root))
        } catch {
            return AuditReport(digest: nil, findings: AuditFindings(error))
        }
    }

    /// What the target has at the item's place, which must be what the source has. It is read by the name that people pull:
    /// a cache may answer HEAD with one digest and GET with another's content.
    private func agreedRoot(_ item: AuditItem) async throws(TransferFailure) -> ManifestContent {
        if let selector = item.target.selector {
            let root = try await root(selector, of: item)
            guard let expected = try await expected(of: item), expected != root.digest else { return root }
            let message = "the target has \(root.digest), but the source is \(expected)"
            throw TransferFailure(ContentFailure(.inconsistent, message), side: .target)
        }
        // A platform's child that has no tag.
        let expected = try await expected(of: item)
        return try await root(expected.map(ManifestSelector.digest) ?? .tag(.latest), of: item)
    }

    private func root(
        _ selector: ManifestSelector, of item: AuditItem
    ) async throws(TransferFailure) -> ManifestContent {
        try await requests.ask(item.target.store, .target) { store throws(ContentFailure) in
            try await store.manifest(selector, in: item.target.repository)
        }
    }

    /// What the source says that the target should have; nil where there is no source.
    private func expected(of item: AuditItem) async throws(TransferFailure) -> Digest? {
        guard let source = item.source else { return nil }
        if let platform = item.platform { return try await child(of: source, for: platform) }
        if let digest = source.digest { return digest }
        return try await digest(at: source, .source)
    }

    private func digest(at end: TransferEndpoint, _ side: TransferSide) async throws(TransferFailure) -> Digest {
        let selector = end.selector ?? .tag(.latest)
        let summary = try await requests.ask(end.store, side) { store throws(ContentFailure) in
            try await store.summary(of: selector, in: end.repository)
        }
        guard let summary else {
            let message = "\(end.store)/\(end.repository) has no manifest \"\(selector)\""
            throw TransferFailure(ContentFailure(.notFound, message), side: side)
        }
        return summary.digest
    }

    private func child(of source: TransferEndpoint, for platform: Platform) async throws(TransferFailure) -> Digest {
        let selector = source.digest.map(ManifestSelector.digest) ?? .tag(source.tag ?? .latest)
        let content = try await requests.ask(source.store, .source) { store throws(ContentFailure) in
            try await store.manifest(selector, in: source.repository)
        }
        let manifest = try AuditRequests.read(content, .source)
        guard manifest.kind == .index else { return content.digest }
        guard let child = manifest.children.first(where: { platform.isSatisfied(by: $0.platform ?? .linuxAMD64) })
        else {
            throw TransferFailure(
                ContentFailure(.notFound, "the index has no child for platform \(platform)"), side: .source)
        }
        return child.digest
    }

    // MARK: - Manifests

    /// Everything below a manifest, once.
    ///
    /// - Parameter content: the manifest, where it has been read.
    private func manifest(
        _ place: Place, path: [Digest], as entry: Descriptor? = nil, known content: ManifestContent? = nil
    ) async -> AuditFindings {
        guard path.count < audit.settings.graphDepth else {
            let message = "indexes nested more than \(audit.settings.graphDepth) levels deep"
            return AuditFindings(TransferFailure(ContentFailure(.tooLarge, message), side: .target))
        }
        var (findings, isFirst) = await manifests.valueAndWhetherFirst(for: place) {
            do throws(TransferFailure) {
                return try await walk(place, path, known: content)
            } catch {
                // An index entry of unknown type may be a blob (image-spec, image-index.md).
                if let entry, error.cause.kind == .notFound, entry.mediaType.manifestKind == nil {
                    return await blob(entry, place)
                }
                return AuditFindings(error)
            }
        }
        if !isFirst { findings.bytesRead = 0 }
        return findings
    }

    private func walk(
        _ place: Place, _ path: [Digest], known: ManifestContent?
    ) async throws(TransferFailure) -> AuditFindings {
        let content: ManifestContent
        if let known {
            content = known
        } else {
            content = try await requests.ask(place.store, .target) { store throws(ContentFailure) in
                try await store.manifest(.digest(place.digest), in: place.repository)
            }
        }
        let manifest = try AuditRequests.read(content, .target)
        var findings = AuditFindings()
        findings.manifests = 1
        findings += await manifest.children.unique.findings(atOnce: 8) { child in
            var below = place
            below.digest = child.digest
            return await self.manifest(below, path: path + [place.digest], as: child)
        }
        let own = manifest.blobs.unique.filter { !$0.mediaType.isNonDistributable }
        let ownFindings = await own.findings(atOnce: 8) { descriptor in
            var below = place
            below.digest = descriptor.digest
            return await blob(descriptor, below)
        }
        findings += ownFindings
        if ownFindings.problemCount == 0, let inspector = audit.inspector {
            try await RunInspection(inspector: inspector, configs: requests.configs)
                .conclude(content, in: place.repository, of: audit.stores(place.store, .target), blaming: .target)
            findings.layers += inspector.takeTally(of: place.digest) ?? LayerTally()
        }
        return findings
    }

    // MARK: - Blobs

    /// Every repository must have the blob; its bytes are read in the first one only.
    private func blob(_ descriptor: Descriptor, _ place: Place) async -> AuditFindings {
        var (findings, isFirst) = await blobs.valueAndWhetherFirst(for: place) {
            var findings = AuditFindings()
            findings.blobs = 1
            do throws(TransferFailure) {
                guard audit.inspector != nil else {
                    try await requests.expect(descriptor, place)
                    return findings
                }
                let key = ReadBlob(store: place.store, digest: place.digest)
                let (read, isFirst) = await contents.valueAndWhetherFirst(for: key) {
                    await requests.read(descriptor, place)
                }
                if isFirst { findings += read } else { try await requests.expect(descriptor, place) }
                if !isFirst, let problem = read.problems.first { findings.add(problem) }
            } catch {
                findings.add(error)
            }
            return findings
        }
        if !isFirst { findings.bytesRead = 0 }
        return findings
    }
}

extension [Descriptor] {
    fileprivate var unique: [Descriptor] {
        var seen: Set<Digest> = []
        return filter { seen.insert($0.digest).inserted }
    }
}
