// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What is known of the items' graphs so far, and what to ask next. Pure: answers in, questions out.
///
/// Keeps of a manifest only what a survey tells: a list may have a hundred thousand of them.
struct SurveyPlan: Inquiry {
    enum Question: StoreRequest {
        case resolve(SourceTag)
        case fetch(ManifestCache.Key, Repository)

        var lanes: Lanes { Lanes(reading: store) }
        var priority: RequestPriority { isPull ? .discover : .begin }
        var isPull: Bool { if case .fetch = self { true } else { false } }
        var tellsAllowance: Bool { true }

        var store: StoreID {
            switch self {
            case .resolve(let tag): tag.store
            case .fetch(let key, _): key.store
            }
        }
    }

    enum Value: Sendable {
        case digest(Digest)
        case manifest(ManifestContent)
    }

    typealias Request = Question
    typealias Finding = Never
    typealias Answer = Result<Value, TransferFailure>
    typealias Event = InquiryEvent<Never>

    private enum Node {
        case asked(Asked)
        case failed(TransferFailure)
        case known(Known)
    }

    /// Why a manifest is being fetched.
    private struct Asked {
        /// The first item that needs it: what it reaches counts for that one.
        var owner: ItemID
        var depth: Int
        /// An index of which only one platform is wanted is not read whole.
        var wantsChildren: Bool
    }

    private struct Known {
        var asked: Asked
        var isIndex: Bool
        var children: [SurveyCollector.Child]
        var blobs: [Int]
        var size: Int64
    }

    var admits = true
    var requests: RequestMachine<Question>
    var events: [InquiryEvent<Never>] = []
    private let items: [TransferItem]
    private let settings: TransferSettings
    /// Memory that is taken by what was read, about.
    private var bytesKept = 0
    private var tags: [SourceTag: Result<Digest, TransferFailure>] = [:]
    private var nodes: [ManifestCache.Key: Node] = [:]
    private var blobs = ContentTable()
    /// Descriptors each item reaches, for a bound against hostile graphs.
    private var descriptors: [ItemID: Int] = [:]
    /// The item that waits for an index to choose a platform from.
    private var choosing: [ManifestCache.Key: ItemID] = [:]
    /// An item for each tag, to know which platform is wanted of it.
    private let itemByTag: [SourceTag: ItemID]

    init(items: [TransferItem], settings: TransferSettings) {
        self.items = items
        self.settings = settings
        itemByTag = Dictionary(
            items.enumerated().filter { $1.source.digest == nil }.map { ($1.source.sourceTag, $0) },
            uniquingKeysWith: { first, _ in first })
        requests = RequestMachine(settings: settings.requests)
        ask(firstQuestions())
    }

    /// What to ask first of each source, each question once.
    private mutating func firstQuestions() -> [Question] {
        var questions: [Question] = []
        var asked: Set<SourceTag> = []
        for (id, item) in items.enumerated() {
            if let digest = item.source.digest {
                questions += want(root: digest, of: id)
            } else if asked.insert(item.source.sourceTag).inserted {
                questions.append(.resolve(item.source.sourceTag))
            }
        }
        return questions
    }

    private mutating func ask(_ questions: [Question]) {
        for question in questions { requests.append(question, for: 0) }
    }

    mutating func take(_ answer: Result<Value, TransferFailure>, to question: Question) {
        switch (question, answer) {
        case (.resolve(let tag), .success(.digest(let digest))): ask(resolved(tag, .success(digest)))
        case (.resolve(let tag), .failure(let failure)): ask(resolved(tag, .failure(failure)))
        case (.fetch(let key, let repository), .success(.manifest(let content))):
            ask(fetched(key, from: repository, .success(content)))
        case (.fetch(let key, let repository), .failure(let failure)):
            ask(fetched(key, from: repository, .failure(failure)))
        default: preconditionFailure("an answer to another kind of question")
        }
    }

    private mutating func resolved(_ tag: SourceTag, _ answer: Result<Digest, TransferFailure>) -> [Question] {
        tags[tag] = answer
        guard case .success(let digest) = answer, let item = itemByTag[tag] else { return [] }
        return want(root: digest, of: item)
    }

    private mutating func fetched(
        _ key: ManifestCache.Key, from repository: Repository, _ answer: Result<ManifestContent, TransferFailure>
    ) -> [Question] {
        guard case .asked(let asked) = nodes[key] else { return [] }
        do throws(TransferFailure) {
            let known = try read(try answer.get(), asked)
            nodes[key] = .known(known)
            var questions = asked.wantsChildren ? wantChildren(of: known, key, repository) : []
            if let item = choosing.removeValue(forKey: key) { questions += choose(for: item, known, key) }
            return questions
        } catch {
            nodes[key] = .failed(error)
            return []
        }
    }

    private mutating func read(_ content: ManifestContent, _ asked: Asked) throws(TransferFailure) -> Known {
        let manifest = try asking(.source) { () throws(ContentFailure) in
            let parsed = try ParsedManifest(content)
            descriptors[asked.owner, default: 0] += parsed.descriptorCount
            let reached = descriptors[asked.owner, default: 0]
            if let failure = settings.bounds.failure(depth: asked.depth, reached: reached) { throw failure }
            return parsed
        }
        bytesKept += Self.cost(of: manifest)
        guard bytesKept <= settings.surveyBytes else {
            let message = "what was read of the sources takes more than \(settings.surveyBytes >> 20) MiB of memory"
            throw TransferFailure(
                ContentFailure(.tooLarge, message, hint: "divide the list, or allow more with --memory"), side: .source)
        }
        var numbers: [Int] = []
        for blob in manifest.blobs(includingForeign: false) {
            numbers.append(blobs.number(blob.digest, size: blob.size))
        }
        return Known(
            asked: asked, isIndex: manifest.isIndex, children: manifest.children.map(SurveyCollector.Child.init),
            blobs: numbers, size: Int64(content.bytes.count))
    }

    /// Of a manifest with its digest in the table and in an item's list; of each child and each blob that is new.
    private static func cost(of manifest: ParsedManifest) -> Int { 400 + 300 * manifest.descriptorCount }

    // MARK: - Wanting

    private mutating func want(root digest: Digest, of item: ItemID) -> [Question] {
        let key = ManifestCache.Key(store: items[item].source.store, digest: digest)
        let repository = items[item].source.repository
        let wantsAll = items[item].platform == nil
        guard !wantsAll else { return want(key, repository, Asked(owner: item, depth: 1, wantsChildren: true)) }
        if case .known(let known) = nodes[key] { return choose(for: item, known, key) }
        choosing[key] = item
        return want(key, repository, Asked(owner: item, depth: 1, wantsChildren: false))
    }

    private mutating func want(_ key: ManifestCache.Key, _ repository: Repository, _ asked: Asked) -> [Question] {
        switch nodes[key] {
        case nil:
            nodes[key] = .asked(asked)
            return [.fetch(key, repository)]
        case .asked(var before):
            before.wantsChildren = before.wantsChildren || asked.wantsChildren
            nodes[key] = .asked(before)
            return []
        case .known(var known) where asked.wantsChildren && !known.asked.wantsChildren:
            known.asked.wantsChildren = true
            nodes[key] = .known(known)
            return wantChildren(of: known, key, repository)
        case .known, .failed: return []
        }
    }

    private mutating func wantChildren(
        of known: Known, _ key: ManifestCache.Key, _ repository: Repository
    ) -> [Question] {
        var questions: [Question] = []
        let asked = Asked(owner: known.asked.owner, depth: known.asked.depth + 1, wantsChildren: true)
        for child in known.children {
            questions += want(ManifestCache.Key(store: key.store, digest: child.digest), repository, asked)
        }
        return questions
    }

    private mutating func choose(for item: ItemID, _ known: Known, _ key: ManifestCache.Key) -> [Question] {
        guard known.isIndex, let platform = items[item].platform,
            let child = Self.child(of: known.children, for: platform)
        else { return [] }
        return want(
            ManifestCache.Key(store: key.store, digest: child.digest), items[item].source.repository,
            Asked(owner: item, depth: 2, wantsChildren: true))
    }

    private static func child(
        of children: [SurveyCollector.Child], for platform: Platform
    ) -> SurveyCollector.Child? {
        children.first { $0.isMeant(by: platform) }
    }

    // MARK: - Result

    /// Everything read, each item with what it reaches.
    func survey() -> Survey {
        var collector = SurveyCollector(nodes: nodes.mapValues(Self.collected), blobs: blobs, settings: settings)
        for item in items {
            let named = named(by: item)
            collector.add(root(of: item, named: named), named: try? named.get(), store: item.source.store)
        }
        var survey = collector.result
        survey.sources = SurveyedSources(
            tags: tags, nodes: nodes.mapValues(Self.surveyed), blobs: blobs.contents)
        return survey
    }

    private static func surveyed(_ node: Node) -> SurveyedSources.Node {
        switch node {
        case .asked: .failed(.notRead)
        case .failed(let failure): .failed(failure)
        case .known(let known):
            .known(isIndex: known.isIndex, children: known.children, blobs: known.blobs, size: known.size)
        }
    }

    private func named(by item: TransferItem) -> Result<Digest, TransferFailure> {
        item.source.digest.map { .success($0) } ?? tags[item.source.sourceTag] ?? .failure(.notRead)
    }

    private func root(
        of item: TransferItem, named: Result<Digest, TransferFailure>
    ) -> Result<Digest, TransferFailure> {
        guard let platform = item.platform, case .success(let digest) = named,
            case .known(let known) = nodes[ManifestCache.Key(store: item.source.store, digest: digest)], known.isIndex
        else { return named }
        return Self.child(of: known.children, for: platform).map { .success($0.digest) }
            ?? .failure(
                TransferFailure(ContentFailure(.notFound, "no child with platform \(platform)"), side: .source))
    }

    private static func collected(_ node: Node) -> SurveyCollector.Node {
        switch node {
        case .asked: .failed(.notRead)
        case .failed(let failure): .failed(failure)
        case .known(let known): .known(children: known.children, blobs: known.blobs, size: known.size)
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
