// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI
import Synchronization

/// The operations that measure a registry. They use their own repositories below one root.
///
/// Records the stored content, so that it can be removed.
package final class RegistryLoad: Sendable {
    let target: any ContentTarget
    package let root: Repository
    let settings: RegistryBenchSettings
    let large: BenchPayload
    let small: BenchPayload
    private let stockPlace: Result<Repository, ContentFailure>
    private let stored = Mutex(StoredContent())
    private let stock = Mutex(BenchStock())

    /// - Parameters:
    ///   - root: a repository name that nobody else uses.
    ///   - seed: the seed of all content. Content of another seed has other digests.
    package init(_ target: any ContentTarget, root: Repository, settings: RegistryBenchSettings, seed: UInt64) {
        self.target = target
        self.root = root
        self.settings = settings
        large = BenchPayload(size: settings.blobSize, seed: seed)
        small = BenchPayload(size: settings.smallSize, seed: ~seed)
        stockPlace = Result { () throws(ContentFailure) in try Self.repository("stock", below: root) }
    }

    /// The content that was stored so far and has to be removed.
    package var content: StoredContent { stored.withLock { $0 } }

    func note(_ item: StoredContent.Item) { stored.withLock { $0.items.append(item) } }

    /// Stores content. It counts as stored from the first request on, because a request that fails or is stopped may have
    /// stored it.
    func storing(
        _ item: StoredContent.Item, by store: () async throws(ContentFailure) -> Void
    ) async throws(ContentFailure) {
        note(item)
        do throws(ContentFailure) { try await store() } catch {
            stored.withLock { $0.isUncertain = true }
            throw error
        }
    }

    /// The repository in which tags were set.
    package var tagged: Repository? { currentStock.tags.isEmpty ? nil : try? stockRepository() }

    /// The number of tags that are set at most.
    package static var mostTags: Int { BenchStock.tagCount }

    var currentStock: BenchStock { stock.withLock { $0 } }

    /// A part of the stock. Copying all of it for each operation would take this program's time.
    func stocked<Part: Sendable>(_ part: (BenchStock) -> Part) -> Part { stock.withLock { part($0) } }

    func change(_ change: @Sendable (inout BenchStock) -> Void) { stock.withLock { change(&$0) } }

    /// A repository below the root.
    func repository(_ name: String) throws(ContentFailure) -> Repository { try Self.repository(name, below: root) }

    private static func repository(
        _ name: String, below root: Repository
    ) throws(ContentFailure) -> Repository {
        do { return try Repository("\(root)/\(name)") } catch {
            throw ContentFailure(.invalid, "\"\(root)/\(name)\" is not the name of a repository")
        }
    }

    /// The repository of the blobs and images that the phases read.
    func stockRepository() throws(ContentFailure) -> Repository { try stockPlace.get() }
}

/// The content in the registry for the phases that read.
struct BenchStock: Sendable {
    var largeBlobs: [BenchBlob] = []
    var smallBlobs: [BenchBlob] = []
    var config: Descriptor?
    /// The bytes with which every image without a subject begins.
    var imageStart: [UInt8]?
    /// Image 0 has all tags of the stock, and referrers.
    var images: [ManifestContent] = []
    var tags: [Tag] = []
    var hasTagList = false
    var hasReferrers = false
    /// The list of referrers that was found to be complete.
    var completeReferrers: Digest?

    static let (smallCount, imageCount, tagCount, referrerCount) = (64, 16, 100, 10)
    static let largestCount = 8
}
