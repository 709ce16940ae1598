import Content
import OCI

/// What is known of the items' graphs so far, and what to ask next. Pure: answers in, questions out.
struct SurveyTable: Sendable {
    enum Question: Hashable, Sendable {
        case resolve(SourceTag)
        case fetch(ManifestCache.Key, Repository)
    }

    private enum Node {
        case asked(children: Bool)
        case failed(TransferFailure)
        case known(Known)
    }

    private struct Known {
        var kind: ManifestKind?
        var children: [Descriptor]
        var blobs: [Descriptor]
        var size: Int64
        /// Whether the children were asked for: an index of which only one platform is wanted is not read whole.
        var isExpanded: Bool
    }

    private let items: [TransferItem]
    private let settings: TransferSettings
    private var tags: [SourceTag: Result<Digest, TransferFailure>] = [:]
    private var nodes: [ManifestCache.Key: Node] = [:]
    /// Items whose root is not known yet, by the index they choose a platform from.
    private var choosing: [ManifestCache.Key: [Repository: Platform]] = [:]

    /// An item for each tag, to know which platform is wanted of it.
    private let itemByTag: [SourceTag: ItemID]

    init(items: [TransferItem], settings: TransferSettings) {
        self.items = items
        self.settings = settings
        itemByTag = Dictionary(
            items.enumerated().filter { $1.source.digest == nil }.map { ($1.source.sourceTag, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What to ask first of each source, each question once.
    mutating func begin() -> [RequestLane: [Question]] {
        var questions: [RequestLane: [Question]] = [:]
        var asked: Set<SourceTag> = []
        for item in items {
            let lane = RequestLane(store: item.source.store, side: .source)
            if let digest = item.source.digest {
                questions[lane, default: []] += want(root: digest, of: item)
            } else if asked.insert(item.source.sourceTag).inserted {
                questions[lane, default: []].append(.resolve(item.source.sourceTag))
            }
        }
        return questions
    }

    mutating func resolved(_ tag: SourceTag, _ answer: Result<Digest, TransferFailure>) -> [Question] {
        tags[tag] = answer
        guard case .success(let digest) = answer else { return [] }
        // Platforms are one for a whole run.
        guard let item = itemByTag[tag] else { return [] }
        return want(root: digest, of: items[item])
    }

    mutating func fetched(
        _ key: ManifestCache.Key, from repository: Repository, _ answer: Result<ManifestContent, TransferFailure>
    ) -> [Question] {
        let expands = if case .asked(let children) = nodes[key] { children } else { true }
        switch answer.flatMap(Self.read) {
        case .failure(let failure):
            nodes[key] = .failed(failure)
            return []
        case .success(var known):
            known.isExpanded = expands
            nodes[key] = .known(known)
            var questions: [Question] = []
            if expands { questions += wantChildren(of: known, key, repository) }
            if let platform = choosing.removeValue(forKey: key)?[repository] {
                questions += choose(platform, known, key, repository)
            }
            return questions
        }
    }

    // MARK: - Wanting

    private mutating func want(root digest: Digest, of item: TransferItem) -> [Question] {
        let key = ManifestCache.Key(store: item.source.store, digest: digest)
        guard let platform = item.platform else { return want(key, item.source.repository, children: true) }
        if case .known(let known) = nodes[key] { return choose(platform, known, key, item.source.repository) }
        choosing[key, default: [:]][item.source.repository] = platform
        return want(key, item.source.repository, children: false)
    }

    private mutating func want(
        _ key: ManifestCache.Key, _ repository: Repository, children: Bool
    ) -> [Question] {
        switch nodes[key] {
        case nil:
            nodes[key] = .asked(children: children)
            return [.fetch(key, repository)]
        case .asked(let before):
            nodes[key] = .asked(children: before || children)
            return []
        case .known(var known) where children && !known.isExpanded:
            known.isExpanded = true
            nodes[key] = .known(known)
            return wantChildren(of: known, key, repository)
        case .known, .failed: return []
        }
    }

    private mutating func wantChildren(
        of known: Known, _ key: ManifestCache.Key, _ repository: Repository
    ) -> [Question] {
        var questions: [Question] = []
        for child in known.children {
            questions += want(ManifestCache.Key(store: key.store, digest: child.digest), repository, children: true)
        }
        return questions
    }

    private mutating func choose(
        _ platform: Platform, _ known: Known, _ key: ManifestCache.Key, _ repository: Repository
    ) -> [Question] {
        guard known.kind == .index else { return [] }
        guard let child = Self.child(of: known.children, for: platform) else { return [] }
        return want(ManifestCache.Key(store: key.store, digest: child.digest), repository, children: true)
    }

    private static func child(of children: [Descriptor], for platform: Platform) -> Descriptor? {
        children.first { platform.isSatisfied(by: $0.platform ?? .linuxAMD64) }
    }

    private static func read(_ content: ManifestContent) -> Result<Known, TransferFailure> {
        do {
            let manifest = try Manifest(content.bytes, contentType: content.mediaType)
            return .success(
                Known(
                    kind: manifest.kind, children: manifest.children,
                    blobs: manifest.blobs.filter { !$0.mediaType.isNonDistributable },
                    size: Int64(content.bytes.count), isExpanded: false))
        } catch {
            let cause = ContentFailure(.invalid, "manifest \(content.digest.short) cannot be read: \(error)")
            return .failure(TransferFailure(cause, side: .source))
        }
    }

    // MARK: - Result

    /// Everything read, each item with what it reaches.
    func survey() -> Survey {
        var collector = SurveyCollector(nodes: nodes.mapValues(Self.collected), settings: settings)
        for item in items {
            let named = named(by: item)
            collector.add(root(of: item, named: named), named: try? named.get(), store: item.source.store)
        }
        return collector.survey
    }

    private func named(by item: TransferItem) -> Result<Digest, TransferFailure> {
        item.source.digest.map { .success($0) } ?? tags[item.source.sourceTag] ?? .failure(.notRead)
    }

    private func root(
        of item: TransferItem, named: Result<Digest, TransferFailure>
    ) -> Result<Digest, TransferFailure> {
        guard let platform = item.platform, case .success(let digest) = named else { return named }
        guard case .known(let known) = nodes[ManifestCache.Key(store: item.source.store, digest: digest)] else {
            return named
        }
        guard known.kind == .index else { return named }
        return Self.child(of: known.children, for: platform).map { .success($0.digest) }
            ?? .failure(
                TransferFailure(ContentFailure(.notFound, "no child with platform \(platform)"), side: .source))
    }

    private static func collected(_ node: Node) -> SurveyCollector.Node {
        switch node {
        case .asked: .failed(.notRead)
        case .failed(let failure): .failed(failure)
        case .known(let known):
            .known(children: known.children, blobs: known.blobs, size: known.size)
        }
    }
}

extension TransferFailure {
    /// The run was stopped before this was read.
    static let notRead = TransferFailure(.cancelled, side: .source)
}

extension TransferEndpoint {
    /// The tag a source without a digest names.
    var sourceTag: SourceTag { SourceTag(store: store, repository: repository, tag: tag ?? .latest) }
}
