// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

// Whether the targets mount blobs.

extension DryPerformer {
    func isKnownToMount(_ store: StoreID) -> Bool? {
        ledger.withLock { $0.mounts[store] }
    }

    /// Whether a store mounts. It is asked to mount a blob that it has from the repository into itself, which changes nothing. A store
    /// that has no blob yet counts as one that mounts.
    func mounts(_ store: StoreID) async -> Bool { await answer(ofMountingAt: store) ?? true }

    /// The run's own question. A store that does not mount opens a session, which the run ends.
    func proveMounts(at store: StoreID) async -> Bool {
        let answer = await answer(ofMountingAt: store)
        count(store) { $0.requests += answer == false ? 2 : 1 }
        if answer == nil { unmounted(store) { $0.requests += 1 } }
        return answer ?? true
    }

    func answer(ofMountingAt store: StoreID) async -> Bool? {
        if let known = isKnownToMount(store) { return known }
        guard let (place, descriptor) = ledger.withLock({ $0.found[store] }) else { return nil }
        let answer = await proof(place, descriptor)
        ledger.withLock { $0.mounts[store] = answer }
        return answer
    }

    /// Whether the target would mount the blob from there. Of a repository that was guessed, a few blobs are asked for: where it has
    /// none of these, the rest counts as sent, and is the most that the run sends.
    func mounts(_ descriptor: Descriptor, at place: BlobPlace, from origin: MountOrigin) async -> Bool {
        guard origin.basis == .guess else { return await mounts(descriptor, at: place, from: origin.repository) }
        let guessed = TargetRepository(store: place.store, repository: origin.repository)
        guard ledger.withLock({ $0.guesses[guessed, default: GuessedOrigin()].isWorthAsking }) else { return false }
        let isRight = await mounts(descriptor, at: place, from: origin.repository)
        ledger.withLock { $0.guesses[guessed, default: GuessedOrigin()].answered(isRight) }
        return isRight
    }

    func unmounted(_ store: StoreID, _ change: (inout UnmountedCost) -> Void) {
        ledger.withLock { change(&$0.unmounted[store, default: UnmountedCost()]) }
    }

    func proof(_ place: BlobPlace, _ descriptor: Descriptor) async -> Bool? {
        let target = stores.target(place.store)
        switch try? await target.admit(descriptor, to: place.repository, from: place.repository) {
        case .present: return true
        case .session(let session, _):
            await target.cancel(session)
            return false
        case nil: return nil
        }
    }
}
