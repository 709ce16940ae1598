// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// A store from which content can be deleted.
package protocol ContentEraser: Sendable {
    func delete(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
    func delete(blob digest: Digest, in repository: Repository) async throws(ContentFailure)
}

/// Removes the content that a measurement stored.
package struct ContentRemoval: Sendable {
    /// Whether some of the content may never have been stored. Content that is not found then does not count as left.
    package var isUncertain = false
    /// Whether some of the content may have been deleted already.
    private var isBegun = false
    private let root: Repository
    private let manifests: [(digest: Digest, repository: Repository)]
    private let blobs: [(descriptor: Descriptor, repository: Repository)]

    /// - Parameter root: the repository below which all of the content is.
    package init(_ content: StoredContent, root: Repository) {
        self.root = root
        isUncertain = content.isUncertain
        manifests = content.manifests.unique { Place(repository: $0.repository, digest: $0.digest) }
        blobs = content.blobs.unique { Place(repository: $0.repository, digest: $0.descriptor.digest) }
    }

    private struct Place: Hashable {
        let repository: Repository
        let digest: Digest
    }

    /// All of the content, for the case that it is not removed.
    package var everything: Leftovers {
        var left = Leftovers(root: root.path)
        (left.manifests, left.blobs) = (manifests.count, blobs.count)
        left.bytes = blobs.saturatedSum { $0.descriptor.size }
        left.isUncertain = isUncertain
        return left
    }

    /// Deletes manifests and then their blobs, each for at most `pace.limit`.
    ///
    /// - Returns: the content that is left.
    package func remove(with eraser: any ContentEraser, _ pace: RemovalPace) async -> Leftovers {
        var left = everything
        let removedManifests = await remove(manifests.count, pace, noting: &left) { number throws(ContentFailure) in
            try await eraser.delete(.digest(manifests[number].digest), in: manifests[number].repository)
        }
        left.manifests -= removedManifests.count
        let removedBlobs = await remove(blobs.count, pace, noting: &left) { number throws(ContentFailure) in
            try await eraser.delete(blob: blobs[number].descriptor.digest, in: blobs[number].repository)
        }
        left.blobs -= removedBlobs.count
        left.bytes -= removedBlobs.saturatedSum { blobs[$0].descriptor.size }
        return left
    }

    /// The same, also if the task is cancelled before or meanwhile. Then `haste` is all the time that is left, because the
    /// process has to end.
    package func remove(
        with eraser: any ContentEraser, _ pace: RemovalPace, haste: Duration
    ) async -> Leftovers {
        var rest = self
        if !Task.isCancelled {
            let left = await remove(with: eraser, pace)
            if !Task.isCancelled { return left }
            rest.isBegun = true
        }
        // A cancelled task sends no request.
        var left = await Task { [rest] in await rest.remove(with: eraser, pace.limited(to: haste)) }.value
        // What was not asked for again may have been deleted before.
        left.isUncertain = left.isUncertain || rest.isBegun && !left.isEmpty
        return left
    }

    /// Deletes the first one alone. If the registry does not delete it, the others are not requested.
    ///
    /// - Returns: the numbers of the deleted content.
    private func remove(
        _ count: Int, _ pace: RemovalPace, noting left: inout Leftovers,
        delete: @escaping @Sendable (Int) async throws(ContentFailure) -> Void
    ) async -> [Int] {
        guard count > 0 else { return [] }
        let deadline = pace.deadline
        let first = await pace.delete([0], until: deadline, by: delete)
        if let reason = reason(in: first, of: 1, whereMissingIsGone: isUncertain || isBegun) {
            left.reason = left.reason ?? reason
            return []
        }
        let others = await pace.delete(Array(1..<count), until: deadline, by: delete)
        // It was already deleted together with other content.
        left.reason = left.reason ?? reason(in: others, of: count - 1, whereMissingIsGone: true)
        return [0] + others.filter { Self.isGone($1, ifMissing: true) }.keys
    }

    /// Why content was not deleted; nil if all of it was.
    private func reason(
        in answers: [Int: Result<Void, ContentFailure>], of count: Int, whereMissingIsGone: Bool
    ) -> String? {
        let left = answers.filter { !Self.isGone($1, ifMissing: whereMissingIsGone) }
        guard let first = left.min(by: { $0.key < $1.key }) else {
            return answers.count < count ? "the time for deleting was over" : nil
        }
        if case .failure(let failure) = first.value { return failure.message }
        return nil
    }

    private static func isGone(_ answer: Result<Void, ContentFailure>, ifMissing: Bool) -> Bool {
        switch answer {
        case .success: true
        case .failure(let failure): ifMissing && failure.kind == .notFound
        }
    }
}

extension Sequence {
    fileprivate func unique<Key: Hashable>(by key: (Element) -> Key) -> [Element] {
        var seen: Set<Key> = []
        return filter { seen.insert(key($0)).inserted }
    }
}
