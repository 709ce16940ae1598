// SPDX-License-Identifier: Apache-2.0

package import Content
import NIOCore
package import OCI
import Synchronization

/// A content store in memory that objects: what the order of a copy forbids is recorded as a violation, so that a test
/// over any scenario can also ask whether anybody could have seen something incomplete.
package final class MemoryStore: PiecewiseTarget {
    /// A request, as a fault script sees it.
    package enum Operation: Hashable, Sendable {
        case summary(Repository, ManifestSelector)
        case manifest(Repository, ManifestSelector)
        case blob(Repository, Digest, offset: Int64)
        case tags(Repository)
        case admit(Repository, Digest, from: Repository?)
        case upload(Repository, Digest)
        case append(Repository, offset: Int64)
        case progress(Repository)
        case commit(Repository, Digest)
        case cancel(Repository)
        case hasBlob(Repository, Digest)
        case referrers(Repository, Digest)
        case put(Repository, ManifestSelector)
    }

    private struct State {
        var blobs: [Digest: [UInt8]] = [:]
        var links: Set<Link> = []
        var manifests: [Link: ManifestContent] = [:]
        var tags: [TagName: Digest] = [:]
        /// What was appended to each open session so far, by location.
        var sessions: [String: [UInt8]] = [:]
        var nextSession = 0
        var log: [Operation] = []
        var counts: [Operation: Int] = [:]
        var violations: [String] = []
        var running = 0
        var mostRunning = 0
        var faults: [@Sendable (Operation, Int) -> ContentFailure?] = []
        var alterations: [Digest: @Sendable ([UInt8], Int64) throws -> [UInt8]] = [:]
        var mounts = MountBehaviour.works
        var isKnownToMount = true
        var habits = UploadHabits()
        var ignoresRanges = false
        var listsReferrers = true
        /// As a registry's client does: repositories without lists are not asked again. nil: all are.
        var withoutLists: Set<Repository>?
        var setsTagsTogether = false
        var reloads = 0
        var prepared: [Repository] = []
        var misnamed: [TagName: Digest] = [:]
        var hidden: Set<TagName> = []
        var listAlteration: @Sendable ([JSON]) -> [JSON] = { $0 }
        var tagPages = 1
    }

    private struct Link: Hashable {
        var repository: Repository
        var digest: Digest
    }

    private struct TagName: Hashable {
        var repository: Repository
        var tag: Tag
    }

    /// How mount requests are answered.
    package enum MountBehaviour: Sendable {
        case works
        /// A session is opened instead, as a registry does that does not mount.
        case fallsThrough
        case refused
    }

    package let name: String
    private let state = Mutex(State())

    package init(_ name: String = "memory") { self.name = name }

    // MARK: - Setting the scene

    /// Whether it says beforehand that it mounts, where it does; registries do not.
    package var isKnownToMount: Bool {
        get { state.withLock { $0.isKnownToMount } }
        set { state.withLock { $0.isKnownToMount = newValue } }
    }

    package var isRemote: Bool { !mountsBlobs }

    package var mountsBlobs: Bool { state.withLock { $0.isKnownToMount && $0.mounts == .works } }

    package var mounts: MountBehaviour {
        get { state.withLock { $0.mounts } }
        set { state.withLock { $0.mounts = newValue } }
    }

    package var habits: UploadHabits {
        get { state.withLock { $0.habits } }
        set { state.withLock { $0.habits = newValue } }
    }

    /// Whether there is a list of referrers, or only the tag that stands for one.
    /// Keeps in mind which repositories have no lists of referrers, and counts no request for them.
    package func rememberMissingLists() { state.withLock { $0.withoutLists = [] } }

    package func asksForReferrers(in repository: Repository) -> Bool {
        state.withLock { $0.withoutLists?.contains(repository) != true }
    }

    package var listsReferrers: Bool {
        get { state.withLock { $0.listsReferrers } }
        set { state.withLock { $0.listsReferrers = newValue } }
    }

    /// How often it was asked past caches, because damaged bytes had come before.
    /// How many pages a list of tags has.
    package var tagPages: Int {
        get { state.withLock { $0.tagPages } }
        set { state.withLock { $0.tagPages = newValue } }
    }

    package var reloads: Int { state.withLock { $0.reloads } }

    /// Names this digest when asked what a tag is, without sending it.
    package func misnames(_ tag: Tag, in repository: Repository, as digest: Digest) {
        state.withLock { $0.misnamed[TagName(repository: repository, tag: tag)] = digest }
    }

    /// Answers that there is no such tag when asked what it is, as a cache does that remembers what was not there, and sends what
    /// it names.
    package func hides(_ tag: Tag, in repository: Repository) {
        state.withLock { _ = $0.hidden.insert(TagName(repository: repository, tag: tag)) }
    }

    /// Changes the entries of its lists of referrers.
    package func alterLists(_ alteration: @escaping @Sendable ([JSON]) -> [JSON]) {
        state.withLock { $0.listAlteration = alteration }
    }

    /// Answers every question for a part of a blob with the whole, as some registries do.
    package var ignoresRanges: Bool {
        get { state.withLock { $0.ignoresRanges } }
        set { state.withLock { $0.ignoresRanges = newValue } }
    }

    /// Whether several tags can be set by one request.
    package var setsTagsTogether: Bool {
        get { state.withLock { $0.setsTagsTogether } }
        set { state.withLock { $0.setsTagsTogether = newValue } }
    }

    /// Asked before every operation, with how often that very operation came before; may refuse it, and may change the
    /// scene.
    package func addFault(_ fault: @escaping @Sendable (Operation, Int) -> ContentFailure?) {
        state.withLock { $0.faults.append(fault) }
    }

    /// Alters what a blob's reader gets; throwing breaks the stream after what was read so far.
    package func alter(_ digest: Digest, _ alteration: @escaping @Sendable ([UInt8], Int64) throws -> [UInt8]) {
        state.withLock { $0.alterations[digest] = alteration }
    }

    package func add(_ image: SampleImage, to repository: Repository, tag: Tag? = nil) {
        state.withLock { state in
            for (digest, bytes) in image.blobs {
                state.blobs[digest] = bytes
                state.links.insert(Link(repository: repository, digest: digest))
            }
            for manifest in image.manifests {
                state.manifests[Link(repository: repository, digest: manifest.digest)] = manifest
            }
            if let tag { state.tags[TagName(repository: repository, tag: tag)] = image.root.digest }
        }
    }

    /// Takes a blob away from a repository.
    package func remove(manifest digest: Digest, from repository: Repository) {
        state.withLock { $0.manifests[Link(repository: repository, digest: digest)] = nil }
    }

    package func remove(_ digest: Digest, from repository: Repository) {
        state.withLock { _ = $0.links.remove(Link(repository: repository, digest: digest)) }
    }

    // MARK: - What happened

    package var log: [Operation] { state.withLock { $0.log } }
    package var violations: [String] { state.withLock { $0.violations } }
    package var openSessions: Int { state.withLock { $0.sessions.count } }
    /// Repositories that somebody made ready to read, in no order.
    package var prepared: [Repository] { state.withLock { $0.prepared } }
    /// The most operations that were under way at one time.
    package var mostRunning: Int { state.withLock { $0.mostRunning } }

    package func digest(of tag: Tag, in repository: Repository) -> Digest? {
        state.withLock { $0.tags[TagName(repository: repository, tag: tag)] }
    }

    /// A manifest's bytes, where the repository has it.
    package func content(_ digest: Digest, in repository: Repository) -> ManifestContent? {
        state.withLock { $0.manifests[Link(repository: repository, digest: digest)] }
    }

    package func count(where matches: (Operation) -> Bool) -> Int { log.count(where: matches) }

    /// Whether everything the image reaches is there, byte for byte.
    package func contains(_ image: SampleImage, in repository: Repository) -> Bool {
        state.withLock { state in
            image.blobs.allSatisfy {
                state.links.contains(Link(repository: repository, digest: $0.key)) && state.blobs[$0.key] == $0.value
            }
                && image.manifests.allSatisfy {
                    state.manifests[Link(repository: repository, digest: $0.digest)]?.bytes == $0.bytes
                }
        }
    }

    package func prepareReading(_ repository: Repository) { state.withLock { $0.prepared.append(repository) } }

    /// Logs, asks the faults, lets others run, then does it.
    private func perform<Value>(
        _ operation: Operation, _ body: (inout State) throws(ContentFailure) -> Value
    ) async throws(ContentFailure) -> Value {
        let (earlier, faults) = state.withLock { state in
            let earlier = state.counts[operation, default: 0]
            state.counts[operation] = earlier + 1
            state.log.append(operation)
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
            return (earlier, state.faults)
        }
        let failure = faults.lazy.map { $0(operation, earlier) }.first { $0 != nil } ?? nil
        await Task.yield()
        defer { state.withLock { $0.running -= 1 } }
        if Task.isCancelled { throw .cancelled }
        if let failure { throw failure }
        return try state.withLock { state throws(ContentFailure) in try body(&state) }
    }
}

// MARK: - Reading

extension MemoryStore {
    package func summary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        try await perform(.summary(repository, selector)) { state in
            if case .tag(let tag) = selector {
                let name = TagName(repository: repository, tag: tag)
                if state.hidden.contains(name) { return nil }
                if let digest = state.misnamed[name] {
                    return ManifestSummary(digest: digest, mediaType: .ociManifest, size: nil)
                }
            }
            return Self.find(selector, in: repository, state).map {
                ManifestSummary(digest: $0.digest, mediaType: $0.mediaType, size: Int64($0.bytes.count))
            }
        }
    }

    /// As a registry's client: what HEAD does not find is asked for by GET.
    package func certainSummary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? {
        if let found = try await summary(of: selector, in: repository) { return found }
        guard case .tag(let tag) = selector,
            state.withLock({ $0.hidden.contains(TagName(repository: repository, tag: tag)) })
        else { return nil }
        let content = try await manifest(selector, in: repository)
        return ManifestSummary(digest: content.digest, mediaType: content.mediaType, size: nil)
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent {
        try await perform(.manifest(repository, selector)) { state throws(ContentFailure) in
            guard let content = Self.find(selector, in: repository, state) else {
                throw ContentFailure(.notFound, "no manifest \(selector) in \(repository)")
            }
            return content
        }
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>
    ) async throws(ContentFailure) -> OpenBlob {
        let (digest, offset) = (descriptor.digest, range.lowerBound)
        let (bytes, alteration, isWhole) = try await perform(.blob(repository, digest, offset: offset)) {
            state throws(ContentFailure) in
            guard state.links.contains(Link(repository: repository, digest: digest)), let bytes = state.blobs[digest]
            else { throw ContentFailure(.notFound, "no blob \(digest.short) in \(repository)") }
            return (bytes, state.alterations[digest], state.ignoresRanges)
        }
        let part = isWhole ? 0..<bytes.count : Int(offset)..<Int(range.upperBound)
        return OpenBlob(
            startOffset: Int64(part.lowerBound),
            bytes: BlobStream(MemoryBytes(bytes: bytes, range: part, alteration: alteration)))
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> ManifestContent {
        note(policy)
        return try await manifest(selector, in: repository)
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy
    ) async throws(ContentFailure) -> OpenBlob {
        note(policy)
        return try await blob(descriptor, in: repository, range: range)
    }

    private func note(_ policy: ReadPolicy) {
        if policy == .reload { state.withLock { $0.reloads += 1 } }
    }

    package func tags(in repository: Repository) async throws(ContentFailure) -> [Tag] {
        try await perform(.tags(repository)) { state in
            state.tags.keys.filter { $0.repository == repository }.map(\.tag).sorted { $0.name < $1.name }
        }
    }

    package func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags {
        let (tags, pages) = (try await tags(in: repository).filter(isWanted), tagPages)
        return pages <= most ? ListedTags(tags: tags, pages: pages) : ListedTags(tags: nil, pages: most)
    }

    package func referrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        try await perform(.referrers(repository, digest)) { state in
            guard state.listsReferrers else {
                state.withoutLists?.insert(repository)
                return nil
            }
            let entries = state.manifests.compactMap { link, content -> JSON? in
                guard link.repository == repository,
                    let manifest = try? Manifest(content.bytes, contentType: content.mediaType),
                    manifest.subject?.digest == digest
                else { return nil }
                return .object([
                    "mediaType": .string(content.mediaType.asReceived), "digest": .string(content.digest.text),
                    "size": JSON(content.bytes.count),
                ])
            }
            return ManifestContent(index: .ociIndex(of: state.listAlteration(entries)))
        }
    }

    package func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        try await perform(.hasBlob(repository, descriptor.digest)) {
            $0.links.contains(Link(repository: repository, digest: descriptor.digest))
        }
    }

    private static func find(
        _ selector: ManifestSelector, in repository: Repository, _ state: State
    ) -> ManifestContent? {
        switch selector {
        case .digest(let digest): state.manifests[Link(repository: repository, digest: digest)]
        case .tag(let tag):
            state.tags[TagName(repository: repository, tag: tag)].flatMap {
                state.manifests[Link(repository: repository, digest: $0)]
            }
        }
    }
}

// MARK: - Writing

extension MemoryStore {
    package func admit(
        _ descriptor: Descriptor, to repository: Repository, from origin: Repository?
    ) async throws(ContentFailure) -> BlobAdmission {
        try await perform(.admit(repository, descriptor.digest, from: origin)) { state in
            if let origin, state.mounts == .works,
                state.links.contains(Link(repository: origin, digest: descriptor.digest))
            {
                state.links.insert(Link(repository: repository, digest: descriptor.digest))
                return .present
            }
            let session = UploadSession(location: "session-\(state.nextSession)", repository: repository)
            state.nextSession += 1
            state.sessions[session.location] = []
            return .session(session, mountRefused: origin != nil && state.mounts == .refused)
        }
    }

    package func beginWriting(to repository: Repository) async throws(ContentFailure) -> UploadSession? {
        let nothing = Descriptor(mediaType: .octetStream, digest: ContentHash.digest(of: []), size: 0)
        guard case .session(let session, _) = try await admit(nothing, to: repository, from: nil) else { return nil }
        return session
    }

    package func upload(
        _ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob
    ) async throws(ContentFailure) {
        // Used up, whatever happens.
        defer { state.withLock { $0.sessions[session.location] = nil } }
        try await perform(.upload(session.repository, descriptor.digest)) { state in
            if state.sessions.removeValue(forKey: session.location) == nil {
                state.violations.append("unknown session \(session.location)")
            }
        }
        var content: [UInt8] = []
        do {
            for try await buffer in bytes { content.append(contentsOf: buffer.readableBytesView) }
        } catch {
            throw ContentFailure(.aborted, "the byte stream ended: \(error)")
        }
        let received = content
        state.withLock { state in
            if ContentHash.digest(of: received, descriptor.digest.algorithm) != descriptor.digest {
                state.violations.append("blob \(descriptor.digest.short) was committed with other bytes")
            }
            state.blobs[descriptor.digest] = received
            state.links.insert(Link(repository: session.repository, digest: descriptor.digest))
        }
    }

    package func uploadHabits(for repository: Repository) -> UploadHabits { habits }

    /// Keeps what arrives, also of a piece that breaks off.
    package func append(
        _ bytes: BlobStream, length: Int64, to session: UploadSession
    ) async throws(ContentFailure) -> UploadSession {
        try await perform(.append(session.repository, offset: session.acknowledged)) { state throws(ContentFailure) in
            guard let received = state.sessions[session.location] else {
                throw ContentFailure(.unavailable, "no such session", retry: .later, codes: ["BLOB_UPLOAD_UNKNOWN"])
            }
            guard received.count == session.acknowledged else {
                throw ContentFailure(.invalid, "out of order", retry: .later, status: 416)
            }
        }
        var count: Int64 = 0
        do {
            for try await buffer in bytes {
                count += Int64(buffer.readableBytes)
                state.withLock { $0.sessions[session.location]?.append(contentsOf: buffer.readableBytesView) }
            }
        } catch {
            throw error as? ContentFailure ?? ContentFailure(.aborted, "the byte stream ended: \(error)")
        }
        guard count == length else { throw ContentFailure(.invalid, "\(count) bytes instead of \(length)") }
        var next = session
        next.acknowledged += length
        return next
    }

    package func progress(of session: UploadSession) async throws(ContentFailure) -> UploadSession? {
        try await perform(.progress(session.repository)) { state in
            state.sessions[session.location].map { received in
                var next = session
                next.acknowledged = Int64(received.count)
                return next
            }
        }
    }

    package func commit(_ descriptor: Descriptor, _ session: UploadSession) async throws(ContentFailure) {
        try await perform(.commit(session.repository, descriptor.digest)) { state throws(ContentFailure) in
            let received = state.sessions.removeValue(forKey: session.location) ?? []
            guard ContentHash.digest(of: received, descriptor.digest.algorithm) == descriptor.digest else {
                throw ContentFailure(.corrupt, "digest", retry: .later, status: 400, codes: ["DIGEST_INVALID"])
            }
            state.blobs[descriptor.digest] = received
            state.links.insert(Link(repository: session.repository, digest: descriptor.digest))
        }
    }

    package func cancel(_ session: UploadSession) async {
        state.withLock { state in
            state.log.append(.cancel(session.repository))
            state.sessions[session.location] = nil
        }
    }

    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector,
        in repository: Repository
    ) async throws(ContentFailure) {
        try await perform(.put(repository, selector)) { state throws(ContentFailure) in
            Self.object(to: manifest, in: repository, &state)
            state.manifests[Link(repository: repository, digest: manifest.digest)] =
                ManifestContent(bytes: manifest.bytes, mediaType: mediaType, digest: manifest.digest)
            if case .tag(let tag) = selector { state.tags[TagName(repository: repository, tag: tag)] = manifest.digest }
        }
    }

    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag] {
        try await put(manifest, as: mediaType, at: selector, in: repository)
        guard setsTagsTogether else { return [] }
        state.withLock { state in
            for tag in tags { state.tags[TagName(repository: repository, tag: tag)] = manifest.digest }
        }
        return tags
    }

    /// Everything a manifest points at must be there before it.
    private static func object(to content: ManifestContent, in repository: Repository, _ state: inout State) {
        guard let manifest = try? Manifest(content.bytes, contentType: content.mediaType) else { return }
        for blob in manifest.blobs where !blob.mediaType.isNonDistributable {
            let link = Link(repository: repository, digest: blob.digest)
            if !state.links.contains(link) { state.violations.append("manifest before its blob \(blob.digest.short)") }
        }
        for child in manifest.children {
            let link = Link(repository: repository, digest: child.digest)
            if state.manifests[link] == nil, !state.links.contains(link) {
                state.violations.append("index before its child \(child.digest.short)")
            }
        }
    }
}

/// Bytes in memory, in small buffers, through an alteration.
private struct MemoryBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let bytes: [UInt8]
    let range: Range<Int>
    let alteration: (@Sendable ([UInt8], Int64) throws -> [UInt8])?

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: self, position: range.lowerBound) }

    struct AsyncIterator: AsyncIteratorProtocol {
        let source: MemoryBytes
        var position: Int

        mutating func next() async throws -> ByteBuffer? {
            await Task.yield()
            if Task.isCancelled { throw CancellationError() }
            guard position < source.range.upperBound else { return nil }
            let end = Swift.min(position + 1000, source.range.upperBound)
            let chunk = Array(source.bytes[position..<end])
            let altered = try source.alteration?(chunk, Int64(position)) ?? chunk
            position = end
            return ByteBuffer(bytes: altered)
        }
    }
}
