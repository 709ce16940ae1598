// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// A blob in a repository of the target.
enum AuditBlob: Sendable {
    case asked(waiting: [ManifestPlace])
    case known(AuditFindings)
}

/// The bytes of a blob anywhere in a target store.
enum AuditContent: Sendable {
    /// - Parameter waiting: other repositories that have been found to have it.
    case reading(waiting: [BlobPlace])
    /// - Parameter problem: what is wrong with them.
    case read(problem: TransferFailure?)
}

extension AuditPlan {
    /// Every repository must have the blob; its bytes are read in the first one only.
    mutating func requireBlob(_ descriptor: Descriptor, for manifest: ManifestPlace) {
        let place = BlobPlace(store: manifest.store, repository: manifest.repository, digest: descriptor.digest)
        switch blobs[place] {
        case .known(let findings): tell(manifest, ofBlob: findings.again)
        case .asked(let waiting): blobs[place] = .asked(waiting: waiting + [manifest])
        case nil:
            blobs[place] = .asked(waiting: [manifest])
            let isFirst = readsBlobs && contents[place.blob] == nil
            if isFirst { contents[place.blob] = .reading(waiting: []) }
            let owner = nodes[manifest]?.owner ?? 0
            requests.append(isFirst ? .readBlob(place, descriptor) : .findBlob(place, descriptor), for: owner)
        }
    }

    mutating func blobFound(_ place: BlobPlace, _ failure: TransferFailure?) {
        var findings = AuditFindings()
        findings.blobs = 1
        if let failure { findings.add(failure) }
        switch contents[place.blob] {
        case .reading(let waiting) where failure == nil: contents[place.blob] = .reading(waiting: waiting + [place])
        case .read(let problem?) where failure == nil:
            findings.add(problem)
            known(place, findings)
        default: known(place, findings)
        }
    }

    mutating func blobRead(_ place: BlobPlace, _ descriptor: Descriptor, _ failure: TransferFailure?) {
        var findings = AuditFindings()
        findings.blobs = 1
        if let failure { findings.add(failure) } else { findings.bytesRead = descriptor.size }
        var waiting: [BlobPlace] = []
        if case .reading(let others) = contents.updateValue(.read(problem: failure), forKey: place.blob) {
            waiting = others
        }
        known(place, findings)
        for other in waiting { known(other, findings.again) }
    }

    private mutating func known(_ place: BlobPlace, _ findings: AuditFindings) {
        guard case .asked(let waiting) = blobs.updateValue(.known(findings), forKey: place) else { return }
        for (position, manifest) in waiting.enumerated() {
            tell(manifest, ofBlob: position == 0 ? findings : findings.again)
        }
    }
}
