// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// How items begin: what the target has at their place, and whether the source is asked.

extension TransferMachine {
    /// Begins items in order while there is room in the window.
    mutating func admitItems() {
        while let item = admission.next() { begin(item) }
    }

    private mutating func begin(_ item: ItemID) {
        states[item].phase = .probing
        states[item].started = now
        events.append(.itemStarted(item))
        if let failure = writeStop(of: states[item].target.store) { return finish(item, .failed(failure)) }
        let target = states[item].target
        guard let selector = target.selector else { return targetProbed(item, nil) }
        guard needsProbe(item) || !goesWithoutProbe(item) else { return beginUnasked(item, at: selector) }
        enqueue(.probeTarget(target.store, target.repository, selector), for: item)
        askSourceMeanwhile(item)
    }

    private mutating func goesWithoutProbe(_ item: ItemID) -> Bool {
        guard settings.existing == .trusted else { return settings.existing == .ignored }
        guard !settings.keepsExistingTags, !countsPulls(states[item].source.store) else { return false }
        return absence[states[item].target.store, default: AbsenceGuess()].shouldSkipProbe()
    }

    /// The run assumes that the target has nothing here. A dry run asks nevertheless, and then continues as the run does.
    private mutating func beginUnasked(_ item: ItemID, at selector: ManifestSelector) {
        guard settings.looksAtEveryTarget, settings.existing == .trusted else { return targetProbed(item, nil) }
        let target = states[item].target
        enqueue(.lookAtTarget(target.store, target.repository, selector), for: item)
    }

    /// Asks the source at the same time as the target if this costs no additional request. It saves a round trip. A target
    /// that had the last item probably has this one, too, and then a HEAD at the source tells whether both are the same.
    private mutating func askSourceMeanwhile(_ item: ItemID) {
        let source = states[item].source
        guard !settings.keepsExistingTags, source.digest == nil else { return }
        let fetches = settings.asksBothSidesAtOnce && !countsPulls(source.store)
        guard fetches || absence[states[item].target.store]?.foundLast == true else { return }
        states[item].asksSource = true
        resolve(source.sourceTag, fetching: fetches, for: item)
    }

    /// Continues with the source after the target has answered.
    ///
    /// Where the target has nothing, the request that fetches the source's manifest also resolves its tag. Where it has something,
    /// the source is asked by HEAD first, which registries do not count as a pull.
    mutating func targetProbed(_ item: ItemID, _ existing: Digest?) {
        guard case .probing = states[item].phase else { return }
        states[item].existing = existing
        if let existing, settings.keepsExistingTags, states[item].target.tag != nil {
            return keep(existing, comparing: settings.comparesKeptTags, for: item)
        }
        if let existing, keepsSignature(of: item) { return keep(existing, comparing: true, for: item) }
        states[item].phase = .resolving
        readSource(for: item)
    }

    /// Asks the source what to copy. Called again once it is known that the target takes it.
    mutating func readSource(for item: ItemID) {
        if let digest = states[item].source.digest { return resolved(item, digest) }
        guard states[item].root != nil || !states[item].asksSource else { return }
        let fetches = states[item].existing == nil
        if fetches, waitsForWriteProof(item) { return }
        resolve(states[item].source.sourceTag, fetching: fetches, for: item)
    }

    /// Leaves the target's tag alone, whatever it names.
    private mutating func keep(_ existing: Digest, comparing: Bool, for item: ItemID) {
        guard comparing else { return finish(item, .kept(existing, offered: nil)) }
        states[item].isKept = true
        states[item].phase = .resolving
        if let root = states[item].source.digest { return resolved(item, root) }
        resolve(states[item].source.sourceTag, fetching: false, for: item)
    }

    mutating func probeFailed(_ item: ItemID, _ failure: TransferFailure) {
        if states[item].asksSource, states[item].root == nil {
            states[item].probeFailure = failure
        } else {
            finish(item, .failed(failure))
        }
    }
}

extension TransferEndpoint {
    /// The selector of the manifest at this place: the tag if there is one, otherwise the digest.
    var selector: ManifestSelector? { tag.map(ManifestSelector.tag) ?? digest.map(ManifestSelector.digest) }
}
