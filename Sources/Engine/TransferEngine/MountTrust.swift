// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a target store taught about mounting: by it is decided how the store is asked whether it has a blob.
///
/// A registry that mounts is asked to mount the blob from the repository into itself: 201 where it is there, and the session
/// that is needed otherwise comes with the same request. One that does not mount (go-containerregistry's, Amazon's unless it is
/// told to, proxies that drop the query) opens a session either way. Such a one is asked by HEAD, a request more for each blob
/// that has to be sent. Which kind a store is shows a blob that is known to be there: the first one that was sent. Blobs that
/// begin before that is known are asked for by HEAD, too: to wait for the first one would cost six round trips.
///
/// Mounts from another repository are another matter: Amazon's registry mounts what a manifest there lists, and nothing else.
struct MountTrust: Sendable {
    enum Answer: Sendable {
        case unknown
        case mounts
        /// Asked by HEAD from then on.
        case refuses
    }

    /// A blob that the store has for certain.
    struct Evidence: Sendable {
        var place: BlobPlace
        var descriptor: Descriptor
        /// This run has sent it.
        var isSent: Bool
    }

    /// Whether it mounts from a repository into itself.
    private(set) var answer = Answer.unknown
    /// What the store can be asked to mount to find out.
    var evidence: Evidence?
    var isProving = false
    /// Blobs in other repositories that wait until it is known whether to mount them.
    var held: [BlobPlace] = []
    /// Blobs to be sent that wait until it is known how to ask for them.
    var heldUploads: [Queued<CopyRequest>] = []
    private var misses = 0
    private var hasShared = false

    init(mounts: Bool? = nil) {
        if let mounts { answer = mounts ? .mounts : .refuses }
    }

    /// Mounts from another repository that fall through although the blob is known to be there, before the store is believed
    /// not to mount.
    static let patience = 3

    /// Whether blobs go from one repository to another without being sent.
    var sharesBlobs: Bool { hasShared || misses < Self.patience }

    /// How to ask for a blob.
    var question: PresenceQuestion { answer == .mounts ? .mount : .head }

    /// What the store is to be asked to mount now, to find out which kind it is; nil where that is known, or cannot be found out.
    ///
    /// - Parameter sharing: the next blob is in another repository of the store.
    mutating func beginProof(sharing: Bool) -> Evidence? {
        guard answer == .unknown, !isProving, let evidence, evidence.isSent || sharing else { return nil }
        isProving = true
        return evidence
    }

    /// Takes note of what the store answered, asked to mount a blob that it has into where it is.
    ///
    /// - Returns: whether the kind of store is known only since then.
    mutating func note(mounts: Bool) -> Bool {
        let told: Answer = mounts ? .mounts : .refuses
        defer { answer = told }
        return answer != told
    }

    /// A blob came from another repository.
    mutating func noteShared() { hasShared = true }

    /// It did not, although it is there.
    mutating func noteMiss() { misses += 1 }

    /// The store does not answer such questions at all.
    mutating func refuse() { misses = Self.patience }
}

/// How a target is asked whether it has a blob.
package enum PresenceQuestion: Sendable {
    /// By mounting it from the repository into itself.
    case mount
    /// By HEAD, before a session is asked for.
    case head
    /// By HEAD and one of its bytes: registries answer HEAD from caches that outlive the content.
    case read
    /// Not at all.
    case none
}
