// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// If a source counts pulls, no pull is used for a target that does not accept blobs.

/// Whether a target repository accepts blobs.
enum WriteProof: Sendable {
    case asking(waiting: [ItemID])
    case given
    case refused(TransferFailure)
}

/// A session that a target opened to prove that it accepts blobs. One blob can use it.
struct SpareSession: Sendable {
    var session: UploadSession
    var openedAt: Duration

    /// Targets drop sessions that are not used. No registry is known to do so within minutes.
    static let lifetime = Duration.seconds(60)
}

extension TransferMachine {
    /// Makes sure that the target accepts blobs before the first counted pull for it.
    ///
    /// - Returns: whether the item waits for the answer, or has ended with it.
    mutating func waitsForWriteProof(_ item: ItemID) -> Bool {
        let target = states[item].target
        guard countsPulls(states[item].source.store) else { return false }
        let place = target.place
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

    /// - Parameter session: the session that was opened as the proof.
    mutating func writeProven(_ place: RepositoryPlace, leaving session: UploadSession? = nil) {
        spareSessions[place] = session.map { SpareSession(session: $0, openedAt: now) }
        for item in endProof(of: place, .given) { readSource(for: item) }
    }

    /// Takes a session that is open already, for a blob in its repository. It was opened without a digest, so it serves only blobs of
    /// the algorithm that all registries have.
    mutating func takeSpareSession(for place: BlobPlace) -> UploadSession? {
        let key = RepositoryPlace(store: place.store, repository: place.repository)
        guard place.digest.algorithm == .sha256, let spare = spareSessions[key],
            now - spare.openedAt < SpareSession.lifetime
        else { return nil }
        spareSessions[key] = nil
        return spare.session
    }

    /// An item has ended: if no blob used the session of its repository, the session is ended.
    mutating func endSpareSession(at target: TransferEndpoint, after item: ItemID) {
        let key = target.place
        guard let spare = spareSessions.removeValue(forKey: key) else { return }
        enqueue(.cancelSession(target.store, spare.session), for: item)
    }

    mutating func writeRefused(_ place: RepositoryPlace, _ failure: TransferFailure) {
        for item in endProof(of: place, .refused(failure)) { finish(item, .failed(failure)) }
    }

    private mutating func endProof(of place: RepositoryPlace, _ proof: WriteProof) -> [ItemID] {
        defer { writeProofs[place] = proof }
        guard case .asking(let waiting) = writeProofs[place] else { return [] }
        return waiting
    }
}
