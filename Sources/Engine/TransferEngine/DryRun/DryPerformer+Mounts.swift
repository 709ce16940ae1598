// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

// Whether the targets mount blobs.

extension DryPerformer {
    func isKnownToMount(_ store: StoreID) -> Bool? {
        ledger.withLock { $0.mounts[store]?.mounts }
    }

    /// Whether a store mounts. It is asked to mount a blob from a repository into the same repository, which has it. This
    /// changes nothing. A store that has no blob yet counts as one that mounts.
    func mounts(_ store: StoreID) async throws(TransferFailure) -> Bool {
        try await answer(ofMountingAt: store)?.mounts ?? true
    }

    /// The run's own question.
    func proveMounts(at store: StoreID) async throws(TransferFailure) -> Bool {
        let answer = try await answer(ofMountingAt: store)
        count(store) { $0.requests += answer?.requests ?? 1 }
        if answer == nil { unmounted(store) { $0.requests += 1 } }
        return answer?.mounts ?? true
    }

    /// - Returns: nil if the store has no blob yet to find out with.
    private func answer(ofMountingAt store: StoreID) async throws(TransferFailure) -> MountProof? {
        if let known = ledger.withLock({ $0.mounts[store] }) { return known }
        guard let (place, descriptor) = ledger.withLock({ $0.found[store] }) else { return nil }
        let answer = try await proof(place, descriptor)
        ledger.withLock { $0.mounts[store] = answer }
        return answer
    }

    /// Whether the target would mount the blob from there. A repository whose name was guessed is asked for a few blobs. If
    /// it has none of them, the other blobs count as sent, so the estimate is an upper limit.
    func mounts(
        _ descriptor: Descriptor, at place: BlobPlace, from origin: MountOrigin
    ) async throws(TransferFailure) -> Bool {
        guard origin.basis == .guess else { return try await mounts(descriptor, at: place, from: origin.repository) }
        let guessed = RepositoryPlace(store: place.store, repository: origin.repository)
        guard ledger.withLock({ $0.guesses[guessed, default: GuessedOrigin()].isWorthAsking }) else { return false }
        let isRight = try await mounts(descriptor, at: place, from: origin.repository)
        ledger.withLock { $0.guesses[guessed, default: GuessedOrigin()].answered(isRight) }
        return isRight
    }

    func unmounted(_ store: StoreID, _ change: (inout UnmountedCost) -> Void) {
        ledger.withLock { change(&$0.unmounted[store, default: UnmountedCost()]) }
    }

    /// A busy or unreachable store has not answered. The question is retried, as in a run.
    private func proof(
        _ place: BlobPlace, _ descriptor: Descriptor
    ) async throws(TransferFailure) -> MountProof {
        let target = stores.target(place.store)
        do throws(ContentFailure) {
            switch try await target.admit(descriptor, to: place.repository, from: place.repository) {
            case .present: return .mounted
            case .session(let session, _):
                await target.cancel(session)
                return .openedSession
            }
        } catch {
            guard error.saysNothingOfContent else { throw TransferFailure(error, side: .target) }
            return .refused
        }
    }
}

/// A store's answer to a mount of a blob from a repository into the same repository.
enum MountProof {
    case mounted
    /// The answer of a store that does not mount.
    case openedSession
    /// The credentials may allow reading but not writing. A run then mounts nothing, and asks for each blob by HEAD.
    case refused

    var mounts: Bool { self == .mounted }

    /// The number of requests, including the one that ends the session.
    var requests: Int { self == .openedSession ? 2 : 1 }
}
