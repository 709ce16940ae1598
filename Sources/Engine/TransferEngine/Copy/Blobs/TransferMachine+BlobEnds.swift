// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Blobs that have arrived, and blobs that are given up.

extension TransferMachine {
    /// - Parameter sentBefore: bytes that an earlier run had sent. They do not count for this run.
    mutating func placed(_ place: BlobPlace, _ outcome: BlobOutcome, sentBefore: Int64 = 0) {
        let blob = place.blob
        guard let placement = blobs[blob]?[place.repository] else { return }
        blobs[blob]?[place.repository] = nil
        placedBlobs.note(blob, in: place.repository)
        noteEvidence(place, placement.descriptor, isSent: outcome == .sent)
        if outcome != .present { states[placement.owner].hasWritten = true }
        if outcome == .sent { noteCopy(place) }
        let bytes = max(0, placement.descriptor.size - sentBefore)
        states[placement.owner].counts.count(outcome, bytes: bytes)
        events.append(.blobPlaced(outcome, placement.descriptor, bytes: bytes, at: place.store, place.repository))
        release(place)
        for manifest in placement.waiting where nodes.needs(.blob(place.digest), manifest) {
            beginningKnown(of: manifest, isOld: outcome == .present)
            meet(.blob(place.digest), of: manifest)
        }
    }

    mutating func give(up place: BlobPlace, _ failure: TransferFailure) {
        if let placement = blobs[place.blob]?[place.repository] { abandon(placement, of: place.blob, failure) }
        release(place)
    }

    mutating func abandon(
        _ placement: SharedBlob.Placement, of blob: TargetBlob, _ failure: TransferFailure
    ) {
        blobs[blob]?[placement.repository] = nil
        events.append(.givenUp(placement.descriptor, at: blob.store))
        for manifest in placement.waiting where nodes.needs(.blob(blob.digest), manifest) { fail(manifest, failure) }
    }

    /// Repositories that waited for this one's upload go on.
    mutating func release(_ place: BlobPlace) {
        if blobs[place.blob]?.sending == place.repository {
            blobs[place.blob]?.sending = nil
            endSending(place)
        }
        let waiting = blobs[place.blob]?.placements ?? []
        if waiting.isEmpty { blobs[place.blob] = nil }
        for placement in waiting { schedule(placement.repository, of: place.blob) }
    }

    /// Drops a blob if none of its manifests is needed any more.
    ///
    /// - Returns: whether the blob is needed.
    mutating func keepIfWanted(_ place: BlobPlace) -> Bool {
        guard let placement = blobs[place.blob]?[place.repository] else { return false }
        let wanted = placement.waiting.filter { nodes.needs(.blob(place.digest), $0) }
        if wanted.isEmpty {
            blobs[place.blob]?[place.repository] = nil
            events.append(.givenUp(placement.descriptor, at: place.store))
            release(place)
        } else {
            blobs[place.blob]?[place.repository]?.waiting = wanted
        }
        return !wanted.isEmpty
    }
}
