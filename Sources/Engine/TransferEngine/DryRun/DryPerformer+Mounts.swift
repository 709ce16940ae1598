// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

// Whether targets mount.

extension DryPerformer {
    func isKnownToMount(_ store: StoreID) -> Bool? {
        ledger.withLock { $0.mounts[store] }
    }

    /// Whether a store mounts: it is asked to mount what it had before from the repository into itself, which changes nothing. One
    /// that had nothing is taken for one that does.
    func mounts(_ store: StoreID) async -> Bool { await answer(ofMountingAt: store) ?? true }

    /// The run's own question, which leaves a session at one that does not.
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
