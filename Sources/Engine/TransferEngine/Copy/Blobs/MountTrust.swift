// SPDX-License-Identifier: Apache-2.0

import OCI

/// What is known of a target store's mounts. It decides how the store is asked whether it has a blob.
///
/// A registry that mounts is asked to mount the blob from the repository into the same repository. It answers 201 where it
/// has the blob; otherwise its answer is the session that the upload needs anyway. A registry that does not mount opens a
/// session in either case. Examples are go-containerregistry's registry, Amazon's unless it is configured otherwise, and
/// proxies that drop the query. Such a registry is asked by HEAD, which is one request more for each blob that has to be
/// sent. The first blob that this run has sent, which the store certainly has, shows which kind of registry it is. Blobs
/// that begin before this is known are asked for by HEAD, because waiting for the first one would cost six round trips.
///
/// Mounts from another repository are a separate question: Amazon's registry mounts only what a manifest there lists.
struct MountTrust: Sendable {
    enum Answer: Sendable {
        case unknown
        case mounts
        /// The store is asked by HEAD from then on.
        case refuses
    }

    /// A blob that the store has for certain.
    struct Evidence: Sendable {
        var place: BlobPlace
        var descriptor: Descriptor
        /// This run has sent the blob.
        var isSent: Bool
    }

    /// Whether it mounts from a repository into the same repository.
    private(set) var answer = Answer.unknown
    /// A blob that the store can be asked to mount to find out.
    var evidence: Evidence?
    var isProving = false
    /// Blobs in other repositories that wait until it is known whether to mount them.
    var waitingPlacements: [BlobPlace] = []
    /// Blobs to be sent that wait until it is known how to ask for them.
    var waitingUploads: [Queued<CopyRequest>] = []
    private var misses = 0
    /// A blob was mounted from another repository.
    private(set) var hasShared = false
    /// The result of the first mount from another repository.
    private(set) var trial = Trial.none
    /// Repositories that blobs were mounted from although it was a guess that they have them.
    private var guessed: Set<Repository> = []

    enum Trial: Sendable {
        case none
        /// The others wait until it is answered.
        case underWay
        case over
    }

    init(mounts: Bool? = nil) {
        if let mounts { answer = mounts ? .mounts : .refuses }
    }

    /// After this many mounts from another repository that failed although the blob is known to be there, the store counts
    /// as one that does not mount.
    static let missesBeforeGivingUp = 3

    /// Whether blobs can be mounted from one repository into another.
    var sharesBlobs: Bool { hasShared || misses < Self.missesBeforeGivingUp }

    /// How to ask for a blob.
    ///
    /// - Parameter origin: where it can be mounted from if it is not there. A guess is worth a request where it was right before.
    func question(before origin: MountOrigin? = nil) -> PresenceQuestion {
        guard answer == .mounts else { return .head }
        guard let origin else { return .mount }
        return origin.basis == .guess && !guessed.contains(origin.repository) ? .mount : .head
    }

    /// Whether a mount from another repository is tried before it is known whether the store mounts. One is tried. If it
    /// succeeds, all others are tried; if not, blobs are requested by HEAD first.
    var mayTryToShare: Bool { answer == .mounts || hasShared || (answer == .unknown && trial != .over) }

    /// Whether the next mount from another repository would be the first one.
    var isUntried: Bool { answer == .unknown && !hasShared && trial == .none }

    mutating func beginTrial() { trial = .underWay }

    mutating func endTrial() { trial = .over }

    /// A guess was right.
    mutating func noteGuess(_ origin: Repository) {
        hasShared = true
        guessed.insert(origin)
    }

    /// What to ask the store to mount now, to find out which kind it is; nil where that is known or cannot be found out.
    ///
    /// - Parameter sharing: the next blob is in another repository of the store.
    mutating func beginProof(sharing: Bool) -> Evidence? {
        guard answer == .unknown, !isProving, let evidence, evidence.isSent || sharing else { return nil }
        isProving = true
        return evidence
    }

    /// Takes note of the store's answer to a mount of a blob that it has, into the same repository.
    ///
    /// - Returns: whether this answer was the first to show which kind of store it is.
    mutating func note(mounts: Bool) -> Bool {
        let told: Answer = mounts ? .mounts : .refuses
        defer { answer = told }
        return answer != told
    }

    /// A blob was mounted from another repository that was known to have it.
    mutating func noteShared() { hasShared = true }

    /// A blob was not mounted, although the other repository has it.
    mutating func noteMiss() { misses += 1 }

    /// The store refuses such questions.
    mutating func refuse() { misses = Self.missesBeforeGivingUp }
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
