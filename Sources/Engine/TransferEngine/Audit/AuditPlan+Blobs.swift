// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

extension AuditPlan {
    /// Every repository must have the blob. Its bytes are read in one repository. If they are damaged there, they are read
    /// in the other repositories, too.
    mutating func requireBlob(_ descriptor: Descriptor, for waiter: AuditPlace) {
        let manifest = waiter.manifest
        let place = BlobPlace(store: manifest.store, repository: manifest.repository, digest: descriptor.digest)
        let blob = audited(descriptor, at: place)
        switch blobs[blob] {
        case .known(let findings): tell(waiter, ofBlob: findings.again)
        case .asked(let waiting): blobs[blob] = .asked(waiting: waiting + [waiter])
        case nil:
            blobs[blob] = .asked(waiting: [waiter])
            let isFirst = readsBlobs && contents[blob.content] == nil
            if isFirst { contents[blob.content] = .reading(waiting: []) }
            if isFirst { return read(descriptor, at: place, for: blob) }
            requests.append(.findBlob(place, descriptor), for: owner(of: blob))
        }
    }

    private mutating func read(_ descriptor: Descriptor, at place: BlobPlace, for blob: AuditedBlob) {
        reading.planned.add(saturating: max(0, descriptor.size))
        requests.append(.readBlob(place, descriptor), for: owner(of: blob))
    }

    /// The kind of inspection matters only where the blob's bytes are read.
    private func audited(_ descriptor: Descriptor, at place: BlobPlace) -> AuditedBlob {
        let form: BlobLook.Form =
            !readsBlobs
            ? .bytes
            : descriptor.mediaType.isImageConfig
                ? .config : inspector?.form(of: descriptor.mediaType).map { .inspected($0) } ?? .bytes
        return AuditedBlob(place: place, look: BlobLook(size: descriptor.size, form: form))
    }

    private func owner(of blob: AuditedBlob) -> ItemID {
        guard case .asked(let waiting) = blobs[blob] else { return 0 }
        return waiting.first.flatMap { nodes[$0]?.owner } ?? 0
    }

    // MARK: - Answers

    mutating func blobFound(at place: BlobPlace, _ descriptor: Descriptor, _ failure: TransferFailure?) {
        let blob = audited(descriptor, at: place)
        guard failure == nil, readsBlobs else { return known(blob, AuditFindings(ofBlob: failure)) }
        switch contents[blob.content] {
        case .reading(let waiting):
            contents[blob.content] = .reading(
                waiting: waiting + [AuditContent.Waiting(place: place, descriptor: descriptor)])
        case .read: known(blob, AuditFindings(ofBlob: nil))
        case nil:
            contents[blob.content] = .reading(waiting: [])
            read(descriptor, at: place, for: blob)
        }
    }

    mutating func blobRead(at place: BlobPlace, _ descriptor: Descriptor, _ failure: TransferFailure?) {
        let blob = audited(descriptor, at: place)
        var findings = AuditFindings(ofBlob: failure)
        reading.ended.add(saturating: max(0, descriptor.size))
        if failure == nil { findings.bytesRead = descriptor.size }
        known(blob, findings)
        if failure == nil { endReading(blob.content) } else { readElsewhere(blob.content) }
    }

    /// The bytes were correct. The blob need not be read in other repositories of the store.
    private mutating func endReading(_ content: AuditedContent) {
        guard case .reading(let waiting) = contents.updateValue(.read, forKey: content) else { return }
        for other in waiting { known(audited(other.descriptor, at: other.place), AuditFindings(ofBlob: nil)) }
    }

    /// The bytes were damaged or could not be read in that repository. The waiting repositories are read as well.
    private mutating func readElsewhere(_ content: AuditedContent) {
        guard case .reading(let waiting) = contents[content] else { return }
        contents[content] = waiting.isEmpty ? nil : .reading(waiting: [])
        for other in waiting {
            read(other.descriptor, at: other.place, for: audited(other.descriptor, at: other.place))
        }
    }

    private mutating func known(_ blob: AuditedBlob, _ findings: AuditFindings) {
        guard case .asked(let waiting) = blobs.updateValue(.known(findings), forKey: blob) else { return }
        for (position, manifest) in waiting.enumerated() {
            tell(manifest, ofBlob: position == 0 ? findings : findings.again)
        }
    }
}

extension AuditFindings {
    /// - Parameter failure: what is wrong with the blob.
    fileprivate init(ofBlob failure: TransferFailure?) {
        self.init()
        blobs = 1
        if let failure { add(failure) }
    }
}
