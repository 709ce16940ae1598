// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import Synchronization

/// Settings that a test makes before and during a run.
extension MemoryStore {
    /// Whether the store says beforehand that it mounts, if it does. Registries do not.
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

    /// Records which repositories have no lists of referrers, and counts no request for them.
    package func rememberMissingLists() { state.withLock { $0.withoutLists = [] } }

    package func asksForReferrers(in repository: Repository) -> Bool {
        state.withLock { $0.withoutLists?.contains(repository) != true }
    }

    /// Whether its lists of referrers stay empty, without an error.
    package var leavesOutReferrers: Bool {
        get { state.withLock { $0.leavesOutReferrers } }
        set { state.withLock { $0.leavesOutReferrers = newValue } }
    }

    package func leavesOutReferrers(in repository: Repository) -> Bool { leavesOutReferrers }

    /// Whether there is a list of referrers. Otherwise there is only the fallback tag.
    package var listsReferrers: Bool {
        get { state.withLock { $0.listsReferrers } }
        set { state.withLock { $0.listsReferrers = newValue } }
    }

    /// The number of pages of a list of tags.
    package var tagPages: Int {
        get { state.withLock { $0.tagPages } }
        set { state.withLock { $0.tagPages = newValue } }
    }

    /// The number of reads that bypassed caches, because damaged bytes were received before.
    package var reloads: Int { state.withLock { $0.reloads } }

    /// Makes the summary of a tag name this digest. The manifest itself is not changed.
    package func misnames(_ tag: Tag, in repository: Repository, as digest: Digest) {
        state.withLock { $0.misnamed[TagName(repository: repository, tag: tag)] = digest }
    }

    /// Makes the summary of a tag fail as not found, like a cache that remembers a missing tag. The manifest is still
    /// sent.
    package func hides(_ tag: Tag, in repository: Repository) {
        state.withLock { _ = $0.hidden.insert(TagName(repository: repository, tag: tag)) }
    }

    /// Sets a function that changes the entries of lists of referrers.
    package func alterLists(_ alteration: @escaping @Sendable ([JSON]) -> [JSON]) {
        state.withLock { $0.listAlteration = alteration }
    }

    /// Whether requests for a part of a blob are answered with the whole blob, as some registries do.
    package var ignoresRanges: Bool {
        get { state.withLock { $0.ignoresRanges } }
        set { state.withLock { $0.ignoresRanges = newValue } }
    }

    /// Behaves like a registry's client: the first manifest with several tags is sent once more, to find out whether
    /// the registry sets them.
    package var triesTagsTogether: Bool {
        get { state.withLock { $0.triesTagsTogether } }
        set { state.withLock { $0.triesTagsTogether = newValue } }
    }

    /// Whether several tags can be set by one request.
    package var setsTagsTogether: Bool {
        get { state.withLock { $0.setsTagsTogether } }
        set { state.withLock { $0.setsTagsTogether = newValue } }
    }

    /// Adds a function that is called before every operation, with the number of earlier calls of the same operation.
    /// It can make the operation fail, and can change the settings.
    package func addFault(_ fault: @escaping @Sendable (Operation, Int) -> ContentFailure?) {
        state.withLock { $0.faults.append(fault) }
    }

    /// Sets a function that every operation waits for, once it is logged.
    package func waits(for wait: @escaping @Sendable (Operation) async -> Void) {
        state.withLock { $0.waits = wait }
    }

    /// Changes the bytes that a blob's reader receives. If the function throws, the stream breaks after the bytes read
    /// so far.
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

    /// Removes a manifest from a repository.
    package func remove(manifest digest: Digest, from repository: Repository) {
        state.withLock { $0.manifests[Link(repository: repository, digest: digest)] = nil }
    }

    /// Removes a blob from a repository.
    package func remove(_ digest: Digest, from repository: Repository) {
        state.withLock { _ = $0.links.remove(Link(repository: repository, digest: digest)) }
    }
}

/// Results that a test checks afterwards.
extension MemoryStore {
    package var log: [Operation] { state.withLock { $0.log } }
    package var violations: [String] { state.withLock { $0.violations } }
    package var openSessions: Int { state.withLock { $0.sessions.count } }
    /// Repositories for which `prepareReading` was called, in no particular order.
    package var prepared: [Repository] { state.withLock { $0.prepared } }
    /// Repositories that were guessed to have a blob.
    package var guesses: [Repository] { state.withLock { $0.guesses } }
    /// The largest number of operations in flight at one time.
    package var mostRunning: Int { state.withLock { $0.mostRunning } }

    package func digest(of tag: Tag, in repository: Repository) -> Digest? {
        state.withLock { $0.tags[TagName(repository: repository, tag: tag)] }
    }

    /// A manifest, if the repository has it.
    package func content(_ digest: Digest, in repository: Repository) -> ManifestContent? {
        state.withLock { $0.manifests[Link(repository: repository, digest: digest)] }
    }

    package func count(where matches: (Operation) -> Bool) -> Int { log.count(where: matches) }

    /// Whether the repository has all manifests and blobs of the image, byte for byte.
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
}
