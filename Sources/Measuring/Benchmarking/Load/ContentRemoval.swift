// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import Synchronization

/// A store from which content can be deleted.
package protocol ContentEraser: Sendable {
    func delete(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
    func delete(blob digest: Digest, in repository: Repository) async throws(ContentFailure)
}

/// The content of a measurement that was not removed.
package struct Leftovers: Sendable, Hashable {
    package var root: String
    package var manifests = 0
    package var blobs = 0
    /// Tags that are listed although their manifests were deleted.
    package var tags = 0
    /// The number of bytes of the blobs that are left.
    package var bytes: Int64 = 0
    /// Why content is left, in the registry's words.
    package var reason: String?
    /// Whether some of the content may never have been stored. The numbers are then an upper limit.
    package var isUncertain = false

    package var isEmpty: Bool { manifests == 0 && blobs == 0 && tags == 0 }

    package init(root: String) { self.root = root }
}

/// Content that was stored, in the order in which it was stored.
package struct StoredContent: Sendable {
    package enum Item: Sendable {
        case blob(Descriptor, Repository)
        case manifest(Digest, Repository)
    }

    package var items: [Item] = []
    /// Whether some of the content may never have been stored.
    package var isUncertain = false

    package init() {}

    package var manifests: [(digest: Digest, repository: Repository)] {
        items.compactMap { if case .manifest(let digest, let repository) = $0 { (digest, repository) } else { nil } }
    }

    package var blobs: [(descriptor: Descriptor, repository: Repository)] {
        items.compactMap { if case .blob(let blob, let repository) = $0 { (blob, repository) } else { nil } }
    }
}

/// Removes the content that a measurement stored.
package struct ContentRemoval: Sendable {
    /// Whether some of the content may never have been stored. Content that is not found then does not count as left.
    package var isUncertain = false
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

    /// Deletes manifests and then their blobs, each for at most `limit`.
    ///
    /// - Returns: the content that is left.
    package func remove(with eraser: any ContentEraser, _ runner: LoadRunner, limit: Duration) async -> Leftovers {
        var left = everything
        let removedManifests = await remove(manifests.count, by: runner, limit: limit, noting: &left) {
            number throws(ContentFailure) in
            try await eraser.delete(.digest(manifests[number].digest), in: manifests[number].repository)
        }
        left.manifests -= removedManifests.count
        let removedBlobs = await remove(blobs.count, by: runner, limit: limit, noting: &left) {
            number throws(ContentFailure) in
            try await eraser.delete(blob: blobs[number].descriptor.digest, in: blobs[number].repository)
        }
        left.blobs -= removedBlobs.count
        left.bytes -= removedBlobs.saturatedSum { blobs[$0].descriptor.size }
        return left
    }

    /// Deletes the first one alone. If the registry does not delete it, the others are not requested.
    ///
    /// - Returns: the numbers of the deleted content.
    private func remove(
        _ count: Int, by runner: LoadRunner, limit: Duration, noting left: inout Leftovers,
        delete: @escaping @Sendable (Int) async throws(ContentFailure) -> Void
    ) async -> [Int] {
        guard count > 0 else { return [] }
        do throws(ContentFailure) { try await delete(0) } catch {
            guard isUncertain, error.kind == .notFound else {
                left.reason = left.reason ?? error.message
                return []
            }
        }
        let gone = GoneNumbers()
        let limits = LoadLimits(duration: limit, operations: count - 1)
        let outcome = await runner.run(LoadSchedule(pace: .closed, limits: limits)) { number throws(ContentFailure) in
            do throws(ContentFailure) { try await delete(number + 1) } catch {
                // It was already deleted together with other content.
                guard error.kind == .notFound else { throw error }
            }
            gone.add(number + 1)
            return 0
        }
        left.reason = left.reason ?? outcome.firstFailure?.message
        if left.reason == nil, gone.all.count < count - 1 { left.reason = "removing took too long" }
        return [0] + gone.all
    }
}

private final class GoneNumbers: Sendable {
    private let numbers = Mutex<[Int]>([])

    var all: [Int] { numbers.withLock { $0 } }

    func add(_ number: Int) { numbers.withLock { $0.append(number) } }
}

extension Sequence {
    fileprivate func unique<Key: Hashable>(by key: (Element) -> Key) -> [Element] {
        var seen: Set<Key> = []
        return filter { seen.insert(key($0)).inserted }
    }
}
