// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Decides what a check of an image requests: answers in, requests out. Pure.
///
/// The answers are compared once all of them have arrived (`ImageJudgement`).
struct ImageCheckPlan: Inquiry {
    typealias Request = ImageCheckRequest
    typealias Value = ImageCheckAnswer
    typealias Finding = Never
    typealias Event = InquiryEvent<Never>
    typealias Answer = Result<ImageCheckAnswer, TransferFailure>

    /// What the check begins with.
    private enum Start {
        case asked
        case unread(ContentFailure)
        case notChosen(ContentFailure)
        case schema1(MediaType)
        case known(Digest)
    }

    var admits = true
    var requests: RequestMachine<ImageCheckRequest>
    var events: [InquiryEvent<Never>] = []
    private let subject: ImageCheck.Subject
    private let bounds: GraphBounds
    private let examines: @Sendable (MediaType) -> Bool
    private var search: PlatformSearch?
    private var start = Start.asked
    private var facts = ImageFacts()
    private var asked: Set<AskedContent> = []
    /// The number of descriptors that the image reaches. It is limited because graphs may be hostile.
    private var descriptors = 0

    init(
        _ subject: ImageCheck.Subject, settings: RequestSettings, bounds: GraphBounds,
        examines: @escaping @Sendable (MediaType) -> Bool
    ) {
        self.subject = subject
        self.bounds = bounds
        self.examines = examines
        search = subject.platform.map { PlatformSearch(for: $0, in: subject.name, bounds: bounds) }
        requests = RequestMachine(settings: settings)
        ask(.root(subject.selector))
    }

    /// nil until everything has been answered.
    var outcome: ImageCheck.Outcome? {
        guard requests.isEmpty, !requests.isStopping else { return nil }
        switch start {
        case .asked: return nil
        case .unread(let failure): return .unread(failure)
        case .notChosen(let failure): return .notChosen(failure)
        case .schema1(let type): return .schema1(type)
        case .known(let root):
            var judgement = ImageJudgement(
                facts, bounds: bounds, readsLayers: subject.readsLayers, examines: examines)
            return .checked(judgement.findings(on: root))
        }
    }

    // MARK: - Answers

    mutating func take(_ answer: Answer, to request: ImageCheckRequest) {
        switch (request.content, answer.mapError(\.cause)) {
        case (.root, .failure(let failure)): start = .unread(failure)
        case (.chosen, .failure(let failure)): start = .notChosen(failure)
        case (.root, .success(.manifest(let content))), (.chosen, .success(.manifest(let content))): begin(at: content)
        case (.manifest(let digest, _), .failure(let failure)): facts.manifests[digest] = .failure(failure)
        case (.manifest(let digest, let depth), .success(.manifest(let content))):
            expand(content, named: digest, depth: depth)
        case (.config(let config), .failure(let failure)): facts.configs[CheckedBlob(config)] = .failure(failure)
        case (.config(let config), .success(.config(let read))): facts.configs[CheckedBlob(config)] = .success(read)
        case (.layer(let layer), .failure(let failure)): facts.layers[CheckedBlob(layer)] = .failure(failure)
        case (.layer(let layer), .success(.layer(let read))): facts.layers[CheckedBlob(layer)] = .success(read)
        case (.presence(let layer), .failure(let failure)): facts.presence[CheckedBlob(layer)] = .failure(failure)
        case (.presence(let layer), .success(.presence(let isThere))):
            facts.presence[CheckedBlob(layer)] = .success(isThere)
        case (_, .success): start = .unread(ContentFailure(.invalid, "internal: an answer to something else"))
        }
    }

    /// The manifest that was named, or the next one on the way to a platform's image.
    private mutating func begin(at content: ManifestContent) {
        do throws(ContentFailure) {
            if let next = try search?.next(after: content) { return ask(.chosen(next)) }
        } catch {
            start = .notChosen(error)
            return
        }
        if let manifest = try? ParsedManifest(content).manifest, manifest.kind == .schema1 {
            start = .schema1(manifest.mediaType)
            return
        }
        start = .known(content.digest)
        asked.insert(.manifest(content.digest))
        expand(content, named: content.digest, depth: 1)
    }

    // MARK: - The graph

    /// Requests everything that a manifest points at.
    private mutating func expand(_ content: ManifestContent, named digest: Digest, depth: Int) {
        let manifest: Result<Manifest, ContentFailure>
        do throws(ContentFailure) {
            let parsed = try ParsedManifest(content)
            descriptors += parsed.descriptorCount
            if let failure = bounds.failure(depth: depth, reached: descriptors) { throw failure }
            manifest = .success(parsed.manifest)
            for child in parsed.manifest.children { want(child, ofIndexAt: depth) }
            if let config = parsed.manifest.config { want(config, andLayersOf: parsed.manifest) }
        } catch {
            manifest = .failure(error)
        }
        facts.manifests[digest] = .success(SeenManifest(content, manifest))
    }

    private mutating func want(_ child: Descriptor, ofIndexAt depth: Int) {
        if child.isCheckedAsManifest {
            want(.manifest(child.digest), by: .manifest(child.digest, depth: depth + 1))
        } else {
            want(layer: child)
        }
    }

    private mutating func want(_ config: Descriptor, andLayersOf image: Manifest) {
        want(.config(CheckedBlob(config)), by: .config(config))
        for layer in image.blobs.dropFirst() where !subject.readsLayers || examines(layer.mediaType) {
            want(layer: layer)
        }
    }

    private mutating func want(layer: Descriptor) {
        want(.layer(CheckedBlob(layer)), by: subject.readsLayers ? .layer(layer) : .presence(layer))
    }

    private mutating func want(_ content: AskedContent, by request: ImageCheckRequest.Content) {
        if asked.insert(content).inserted { ask(request) }
    }

    private mutating func ask(_ content: ImageCheckRequest.Content) {
        requests.append(ImageCheckRequest(store: subject.store, content: content), for: 0)
    }
}

/// Content that is requested once.
private enum AskedContent: Hashable {
    case manifest(Digest)
    case config(CheckedBlob)
    case layer(CheckedBlob)
}
