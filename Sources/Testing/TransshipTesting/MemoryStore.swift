// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import Synchronization

/// A content store in memory that checks the order of a copy. A forbidden order is recorded as a violation, so that
/// every test can also check that no reader could have seen incomplete content.
package final class MemoryStore: PiecewiseTarget {
    /// A request, in the form that fault functions receive.
    package enum Operation: Hashable, Sendable {
        case summary(Repository, ManifestSelector)
        case manifest(Repository, ManifestSelector)
        case blob(Repository, Digest, offset: Int64)
        case tags(Repository)
        case admit(Repository, Digest, from: Repository?)
        case upload(Repository, Digest)
        case append(Repository, offset: Int64)
        case progress(Repository)
        case commit(Repository, Digest)
        case cancel(Repository)
        case hasBlob(Repository, Digest)
        case referrers(Repository, Digest)
        case put(Repository, ManifestSelector)
    }

    struct State {
        var blobs: [Digest: [UInt8]] = [:]
        var links: Set<Link> = []
        var manifests: [Link: ManifestContent] = [:]
        var tags: [TagName: Digest] = [:]
        /// The bytes that were appended to each open session so far, by location.
        var sessions: [String: [UInt8]] = [:]
        var nextSession = 0
        var log: [Operation] = []
        var counts: [Operation: Int] = [:]
        var violations: [String] = []
        var running = 0
        var mostRunning = 0
        var faults: [@Sendable (Operation, Int) -> ContentFailure?] = []
        var waits: @Sendable (Operation) async -> Void = { _ in await Task.yield() }
        var alterations: [Digest: @Sendable ([UInt8], Int64) throws -> [UInt8]] = [:]
        var mounts = MountBehaviour.works
        var guesses: [Repository] = []
        var isKnownToMount = true
        var habits = UploadHabits()
        var ignoresRanges = false
        var listsReferrers = true
        var leavesOutReferrers = false
        /// Repositories that are known to have no lists. They are not asked again, as by a registry's client. nil: all
        /// repositories are asked.
        var withoutLists: Set<Repository>?
        var setsTagsTogether = false
        var triesTagsTogether = false
        var reloads = 0
        var prepared: [Repository] = []
        var misnamed: [TagName: Digest] = [:]
        var hidden: Set<TagName> = []
        var listAlteration: @Sendable ([JSON]) -> [JSON] = { $0 }
        var tagPages = 1
    }

    struct Link: Hashable {
        var repository: Repository
        var digest: Digest
    }

    struct TagName: Hashable {
        var repository: Repository
        var tag: Tag
    }

    /// How mount requests are answered.
    package enum MountBehaviour: Sendable {
        case works
        /// A session is opened instead, as by a registry that does not mount.
        case fallsThrough
        case refused
    }

    package let name: String
    let state = Mutex(State())

    package init(_ name: String = "memory") { self.name = name }

    package func prepareReading(_ repository: Repository) { state.withLock { $0.prepared.append(repository) } }

    /// Logs the operation, calls the fault functions, lets other tasks run, then runs `body`.
    func perform<Value>(
        _ operation: Operation, _ body: (inout State) throws(ContentFailure) -> Value
    ) async throws(ContentFailure) -> Value {
        let (earlier, faults, wait) = state.withLock { state in
            let earlier = state.counts[operation, default: 0]
            state.counts[operation] = earlier + 1
            state.log.append(operation)
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
            return (earlier, state.faults, state.waits)
        }
        let failure = faults.lazy.map { $0(operation, earlier) }.first { $0 != nil } ?? nil
        await wait(operation)
        defer { state.withLock { $0.running -= 1 } }
        if Task.isCancelled { throw .cancelled }
        if let failure { throw failure }
        return try state.withLock { state throws(ContentFailure) in try body(&state) }
    }
}
