// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import Synchronization

/// A store from which content can be deleted.
package protocol ContentEraser: Sendable {
    func delete(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
    func delete(blob digest: Digest, in repository: Repository) async throws(ContentFailure)
}

/// What became of the content that a measurement stored.
package struct Leftovers: Sendable, Hashable {
    package var root: String
    package var manifests = 0
    package var blobs = 0
    /// Of the blobs that are left.
    package var bytes: Int64 = 0
    /// Why something is left, in the registry's words.
    package var reason: String?

    package var isEmpty: Bool { manifests == 0 && blobs == 0 }

    package init(root: String) { self.root = root }
}

extension RegistryLoad {
    /// Deletes what was stored, manifests before the blobs they name, for as long as `limit`.
    ///
    /// - Returns: what is left.
    package func remove(with eraser: any ContentEraser, _ runner: LoadRunner, limit: Duration) async -> Leftovers {
        let content = content
        let (manifests, blobs) = (content.manifests.unique(by: \.digest), content.blobs)
        var left = leftovers(manifests: manifests.count, blobs: blobs.map(\.descriptor))
        let removedManifests = await remove(manifests.count, runner, limit, &left) { number throws(ContentFailure) in
            try await eraser.delete(.digest(manifests[number].digest), in: manifests[number].repository)
        }
        left.manifests -= removedManifests.count
        let removedBlobs = await remove(blobs.count, runner, limit, &left) { number throws(ContentFailure) in
            try await eraser.delete(blob: blobs[number].descriptor.digest, in: blobs[number].repository)
        }
        left.blobs -= removedBlobs.count
        left.bytes -= removedBlobs.map { blobs[$0].descriptor.size }.reduce(0, +)
        return left
    }

    /// All that was stored, where it is to stay.
    package var everything: Leftovers {
        leftovers(
            manifests: content.manifests.unique(by: \.digest).count, blobs: content.blobs.map(\.descriptor))
    }

    private func leftovers(manifests: Int, blobs: [Descriptor]) -> Leftovers {
        var left = Leftovers(root: root.path)
        (left.manifests, left.blobs, left.bytes) = (manifests, blobs.count, blobs.saturatedSum(of: \.size))
        return left
    }

    /// Deletes the first alone: a registry that does not delete is not asked thousands of times.
    ///
    /// - Returns: the numbers of what is gone.
    private func remove(
        _ count: Int, _ runner: LoadRunner, _ limit: Duration, _ left: inout Leftovers,
        _ delete: @escaping @Sendable (Int) async throws(ContentFailure) -> Void
    ) async -> [Int] {
        guard count > 0 else { return [] }
        do throws(ContentFailure) { try await delete(0) } catch {
            left.reason = left.reason ?? error.message
            return []
        }
        let gone = GoneNumbers()
        let limits = LoadLimits(duration: limit, operations: count - 1)
        let outcome = await runner.run(LoadSchedule(pace: .closed, limits: limits)) { number throws(ContentFailure) in
            do throws(ContentFailure) { try await delete(number + 1) } catch {
                // It went with something else.
                guard error.kind == .notFound else { throw error }
            }
            gone.add(number + 1)
            return 0
        }
        left.reason = left.reason ?? outcome.firstFailure
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
