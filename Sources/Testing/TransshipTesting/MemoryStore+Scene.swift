// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import Synchronization

/// What a test sets up before and during a run.
extension MemoryStore {
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

    /// Keeps in mind which repositories have no lists of referrers, and counts no request for them.
    package func rememberMissingLists() { state.withLock { $0.withoutLists = [] } }

    package func asksForReferrers(in repository: Repository) -> Bool {
        state.withLock { $0.withoutLists?.contains(repository) != true }
    }

    /// Its lists of referrers stay empty, and it does not say so.
    package var leavesOutReferrers: Bool {
        get { state.withLock { $0.leavesOutReferrers } }
        set { state.withLock { $0.leavesOutReferrers = newValue } }
    }

    package func leavesOutReferrers(in repository: Repository) -> Bool { leavesOutReferrers }

    /// Whether there is a list of referrers, or only the tag that stands for one.
    package var listsReferrers: Bool {
        get { state.withLock { $0.listsReferrers } }
        set { state.withLock { $0.listsReferrers = newValue } }
    }

    /// How many pages a list of tags has.
    package var tagPages: Int {
        get { state.withLock { $0.tagPages } }
        set { state.withLock { $0.tagPages = newValue } }
    }

    /// How often it was asked past caches, because damaged bytes had come before.
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

    /// As a registry's client does: the first manifest with several tags is sent once more, to find out whether it sets them.
    package var triesTagsTogether: Bool {
        get { state.withLock { $0.triesTagsTogether } }
        set { state.withLock { $0.triesTagsTogether = newValue } }
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

    /// Takes a manifest away from a repository.
    package func remove(manifest digest: Digest, from repository: Repository) {
        state.withLock { $0.manifests[Link(repository: repository, digest: digest)] = nil }
    }

    /// Takes a blob away from a repository.
    package func remove(_ digest: Digest, from repository: Repository) {
        state.withLock { _ = $0.links.remove(Link(repository: repository, digest: digest)) }
    }
}

/// What a test asks afterwards.
extension MemoryStore {
    package var log: [Operation] { state.withLock { $0.log } }
    package var violations: [String] { state.withLock { $0.violations } }
    package var openSessions: Int { state.withLock { $0.sessions.count } }
    /// Repositories that somebody made ready to read, in no order.
    package var prepared: [Repository] { state.withLock { $0.prepared } }
    /// Repositories that somebody guessed to have a blob.
    package var guesses: [Repository] { state.withLock { $0.guesses } }
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
}
