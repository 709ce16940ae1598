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
        /// What a HEAD had named is not to be had: what the tag itself brings decides.
        case read(SourceTag)

        var lanes: Lanes { Lanes(reading: store) }
        var priority: RequestPriority { isPull ? .discover : .begin }
        var isPull: Bool { if case .resolve = self { false } else { true } }
        var tellsAllowance: Bool { true }

        var store: StoreID {
            switch self {
            case .resolve(let tag), .read(let tag): tag.store
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

    /// What is copied of an index.
    private struct Selection {
        /// The image, or the index that is made, or the index itself.
        var root: Digest
        var children: [SurveyCollector.Child]
        var isSparse = false

        init(_ selection: IndexSelection) {
            switch selection {
            case .image(let image):
                root = image.digest
                children = [SurveyCollector.Child(image)]
            case .made(let index), .sparse(let index):
                root = index.digest
                children = index.children.map(SurveyCollector.Child.init)
                if case .sparse = selection { isSparse = true }
            }
        }
    }

    var admits = true
    var requests: RequestMachine<Question>
    var events: [InquiryEvent<Never>] = []
    private let items: [TransferItem]
    private let settings: TransferSettings
    /// Memory that is taken by what was read, about.
    private var bytesKept = 0
    private var tags: [SourceTag: Result<Digest, TransferFailure>] = [:]
    /// Those that were read themselves.
    private var tagsRead: Set<SourceTag> = []
    private var nodes: [ManifestCache.Key: Node] = [:]
    private var blobs = ContentTable()
    /// Tags to resolve, and manifests that were asked for and answered.
    private var (tagsAsked, manifestsAsked, manifestsAnswered) = (0, 0, 0)
    /// Descriptors each item reaches, for a bound against hostile graphs.
    private var descriptors: [ItemID: Int] = [:]
    /// What items want of indexes, each once.
    private let choices: Set<PlatformChoice>
    /// What was chosen of each index.
    private var selections: [IndexChoice: Result<Selection, TransferFailure>] = [:]
    /// Choices that wait for their index.
    private var choosing: [ManifestCache.Key: Set<PlatformChoice>] = [:]
    /// For each tag an item with each choice that is wanted of it.
    private let itemsByTag: [SourceTag: [ItemID]]

    init(items: [TransferItem], settings: TransferSettings) {
        self.items = items
        self.settings = settings
        choices = Set(items.lazy.compactMap(\.platforms))
        itemsByTag = Self.itemsByTag(items)
        requests = RequestMachine(settings: settings.requests)
        ask(firstQuestions())
    }

    private static func itemsByTag(_ items: [TransferItem]) -> [SourceTag: [ItemID]] {
        var known: [SourceTag: [ItemID]] = [:]
        for (id, item) in items.enumerated() where item.source.digest == nil {
            let others = known[item.source.sourceTag, default: []]
            guard !others.contains(where: { items[$0].platforms == item.platforms }) else { continue }
            known[item.source.sourceTag] = others + [id]
        }
        return known
    }

    /// What to ask first of each source, each question once.
    private mutating func firstQuestions() -> [Question] {
        var questions: [Question] = []
        var asked: Set<SourceTag> = []
        for (id, item) in items.enumerated() {
            if let digest = item.source.digest {
                questions += want(root: digest, of: id)
            } else if asked.insert(item.source.sourceTag).inserted {
                tagsAsked += 1
                questions.append(.resolve(item.source.sourceTag))
            }
        }
        return questions
    }

    private mutating func ask(_ questions: [Question]) {
        for question in questions {
            if case .fetch = question { manifestsAsked += 1 }
            requests.append(question, for: 0)
        }
    }

    var state: PlanState {
        var state = requests.state
        let resolved = tagsAsked == 0 ? 1 : Double(tags.count) / Double(tagsAsked)
        state.sourcesRead = min(1, resolved * Double(manifestsAnswered) / Double(max(1, manifestsAsked)))
        return state
    }

    mutating func take(_ answer: Result<Value, TransferFailure>, to question: Question) {
        switch (question, answer) {
        case (.resolve(let tag), .success(.digest(let digest))): ask(resolved(tag, .success(digest)))
        case (.resolve(let tag), .failure(let failure)): ask(resolved(tag, .failure(failure)))
        case (.fetch(let key, let repository), .success(.manifest(let content))):
            manifestsAnswered += 1
            ask(fetched(key, from: repository, .success(content)))
        case (.fetch(let key, let repository), .failure(let failure)):
            manifestsAnswered += 1
            ask(fetched(key, from: repository, .failure(failure)))
        case (.read(let tag), .success(.manifest(let content))): ask(read(tag, content))
        case (.read(let tag), .failure(let failure)): ask(resolved(tag, .failure(failure)))
        default: preconditionFailure("an answer to another kind of question")
        }
    }

    private mutating func resolved(_ tag: SourceTag, _ answer: Result<Digest, TransferFailure>) -> [Question] {
        tags[tag] = answer
        guard case .success(let digest) = answer else { return [] }
        var questions: [Question] = []
        for item in itemsByTag[tag] ?? [] { questions += want(root: digest, of: item) }
        return questions
    }

    private mutating func fetched(
        _ key: ManifestCache.Key, from repository: Repository, _ answer: Result<ManifestContent, TransferFailure>
    ) -> [Question] {
        guard case .asked(let asked) = nodes[key] else { return [] }
        do throws(TransferFailure) {
            let manifest = try read(try answer.get(), asked)
            let known = known(manifest, asked)
            nodes[key] = .known(known)
            for choice in choices { select(choice, of: manifest, key, asked) }
            var questions = asked.wantsChildren ? wantChildren(of: known, key, repository) : []
            for choice in choosing.removeValue(forKey: key) ?? [] {
                questions += want(chosenBy: choice, of: key, repository, owner: asked.owner)
            }
            return questions
        } catch {
            nodes[key] = .failed(error)
            return tagsToRead(namedAs: key, after: error).map { .read($0) }
        }
    }

    /// Tags whose digest comes from a HEAD and cannot be had, each once.
    private mutating func tagsToRead(namedAs key: ManifestCache.Key, after failure: TransferFailure) -> [SourceTag] {
        guard [.notFound, .corrupt].contains(failure.cause.kind) else { return [] }
        return tags.compactMap { tag, answer in
            guard tag.store == key.store, case .success(key.digest) = answer, tagsRead.insert(tag).inserted else {
                return nil
            }
            return tag
        }
    }

    private mutating func read(_ tag: SourceTag, _ content: ManifestContent) -> [Question] {
        let key = ManifestCache.Key(store: tag.store, digest: content.digest)
        let questions = resolved(tag, .success(content.digest)).filter { question in
            if case .fetch(key, _) = question { false } else { true }
        }
        return questions + fetched(key, from: tag.repository, .success(content))
    }

    private mutating func read(_ content: ManifestContent, _ asked: Asked) throws(TransferFailure) -> ParsedManifest {
        let manifest = try asking(.source) { () throws(ContentFailure) in
            let parsed = try ParsedManifest(verifiable: content)
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
        return manifest
    }

    private mutating func known(_ manifest: ParsedManifest, _ asked: Asked) -> Known {
        var numbers: [Int] = []
        for blob in manifest.blobs(includingForeign: false) {
            numbers.append(blobs.number(blob.digest, size: blob.size))
        }
        return Known(
            asked: asked, isIndex: manifest.isIndex, children: manifest.children.map(SurveyCollector.Child.init),
            blobs: numbers, size: Int64(manifest.content.bytes.count))
    }

    /// Chooses while the index's bytes are there: an index that is made of some of its entries has a digest of its own.
    private mutating func select(
        _ choice: PlatformChoice, of manifest: ParsedManifest, _ key: ManifestCache.Key, _ asked: Asked
    ) {
        let place = IndexChoice(store: key.store, index: key.digest, choice: choice)
        do throws(ContentFailure) {
            guard let selection = try manifest.selection(of: choice, named: String(key.digest.short)) else { return }
            selections[place] = .success(Selection(selection))
            guard case .made(let index) = selection, index.digest != key.digest else { return }
            nodes[ManifestCache.Key(store: key.store, digest: index.digest)] = .known(known(index, asked))
        } catch {
            selections[place] = .failure(TransferFailure(error, side: .source))
        }
    }

    /// Of a manifest with its digest in the table and in an item's list; of each child and each blob that is new.
    private static func cost(of manifest: ParsedManifest) -> Int { 400 + 300 * manifest.descriptorCount }

    // MARK: - Wanting

    private mutating func want(root digest: Digest, of item: ItemID) -> [Question] {
        let key = ManifestCache.Key(store: items[item].source.store, digest: digest)
        let repository = items[item].source.repository
        guard let choice = items[item].platforms else {
            return want(key, repository, Asked(owner: item, depth: 1, wantsChildren: true))
        }
        if case .known = nodes[key] { return want(chosenBy: choice, of: key, repository, owner: item) }
        choosing[key, default: []].insert(choice)
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

    private mutating func want(
        chosenBy choice: PlatformChoice, of key: ManifestCache.Key, _ repository: Repository, owner: ItemID
    ) -> [Question] {
        let place = IndexChoice(store: key.store, index: key.digest, choice: choice)
        guard case .success(let selection)? = selections[place] else { return [] }
        var questions: [Question] = []
        for child in selection.children {
            questions += want(
                ManifestCache.Key(store: key.store, digest: child.digest), repository,
                Asked(owner: owner, depth: 2, wantsChildren: true))
        }
        return questions
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
            tags: tags, nodes: nodes.mapValues(Self.surveyed), blobs: blobs.contents, madeDigests: madeDigests)
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
    ) -> Result<SurveyCollector.Root, TransferFailure> {
        named.flatMap { digest in
            let place = item.platforms.map { IndexChoice(store: item.source.store, index: digest, choice: $0) }
            guard let selection = place.flatMap({ selections[$0] }) else {
                return .success(SurveyCollector.Root(digest: digest))
            }
            return selection.map { SurveyCollector.Root(digest: $0.root, children: $0.isSparse ? $0.children : nil) }
        }
    }

    private var madeDigests: [IndexChoice: Digest] {
        selections.compactMapValues { if case .success(let selection) = $0 { selection.root } else { nil } }
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
