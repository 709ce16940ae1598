// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

// Where a source counts pulls, none is spent on a target that cannot take what it brings.

/// Whether a target repository takes blobs.
enum WriteProof: Sendable {
    case asking(waiting: [ItemID])
    case given
    case refused(TransferFailure)
}

/// A repository of a target.
package struct TargetRepository: Hashable, Sendable {
    package var store: StoreID
    package var repository: Repository
}

extension TransferMachine {
    /// Makes sure that the target takes blobs before the first counted pull for it.
    ///
    /// - Returns: whether the item waits for the answer, or has ended with it.
    mutating func waitsForWriteProof(_ item: ItemID) -> Bool {
        let target = states[item].target
        guard countsPulls(states[item].source.store) else { return false }
        let place = TargetRepository(store: target.store, repository: target.repository)
        switch writeProofs[place] {
        case .given: return false
        case .refused(let failure): finish(item, .failed(failure))
        case .asking(let waiting): writeProofs[place] = .asking(waiting: waiting + [item])
        case nil:
            writeProofs[place] = .asking(waiting: [item])
            enqueue(.proveWritable(place), for: item)
        }
        return true
    }

    mutating func writeProven(_ place: TargetRepository) {
        for item in endProof(of: place, .given) { readSource(for: item) }
    }

    mutating func writeRefused(_ place: TargetRepository, _ failure: TransferFailure) {
        for item in endProof(of: place, .refused(failure)) { finish(item, .failed(failure)) }
    }

    private mutating func endProof(of place: TargetRepository, _ proof: WriteProof) -> [ItemID] {
        defer { writeProofs[place] = proof }
        guard case .asking(let waiting) = writeProofs[place] else { return [] }
        return waiting
    }
}
