import OCI
package import TransferEngine

/// What a run will cost, from what a survey read.
package struct RunEstimate: Sendable {
    /// What one registry will be asked for.
    package struct Registry: Hashable, Sendable {
        package let name: String
        package var itemsRead = 0
        package var itemsWritten = 0
        /// Manifests, tags and blobs, tries after the first not counted.
        package var requests = 0
        package var bytesRead: Int64 = 0
        package var bytesWritten: Int64 = 0
        /// Bytes that are at this registry already or come to it once, and are adopted by other repositories.
        package var bytesMounted: Int64 = 0
        /// GETs of manifests: what registries with a pull quota count.
        package var pulls = 0

        init(name: String) { self.name = name }
    }

    /// By name.
    package let registries: [Registry]
    /// Items the target does not have yet.
    package let toCopy: Int
    package let unchanged: Int
    package let unreadable: Int
    /// Items whose target did not say what it has: in none of the figures.
    package let unknown: Int

    package var bytes: Int64 { registries.saturatedSum(of: \.bytesWritten) }
    package var bytesMounted: Int64 { registries.saturatedSum(of: \.bytesMounted) }
    package var requests: Int { registries.saturatedSum(of: \.requests) }

    package init(_ survey: Survey, items: [TransferItem]) {
        var counter = EstimateCounter(survey: survey)
        var (toCopy, unchanged, unreadable, unknown) = (0, 0, 0, 0)
        for (item, surveyed) in zip(items, survey.items) {
            if surveyed.failure != nil {
                unreadable += 1
            } else if surveyed.targetFailure != nil {
                unknown += 1
            } else if surveyed.isAtTarget {
                unchanged += 1
                counter.countUnchanged(item)
            } else {
                toCopy += 1
                counter.count(item, surveyed)
            }
        }
        registries = counter.registries.values.sorted { $0.name < $1.name }
        (self.toCopy, self.unchanged, self.unreadable, self.unknown) = (toCopy, unchanged, unreadable, unknown)
    }

    /// How long the slowest registry takes: bytes at a rate, requests by what one takes and how many run at once.
    ///
    /// - Parameters:
    ///   - rate: bytes a second to and from one registry.
    ///   - roundTrip: of one small request to a registry, as it was measured.
    package func seconds(rate: Double, connections: Int, roundTrip: (String) -> Double) -> Double {
        registries.map { registry in
            let asking = Double(registry.requests) * roundTrip(registry.name) / Double(max(1, connections))
            return Double(max(registry.bytesRead, registry.bytesWritten)) / max(1, rate) + asking
        }.max() ?? 0
    }
}

/// Counts each content once wherever a run does.
private struct EstimateCounter {
    let survey: Survey
    private(set) var registries: [String: RunEstimate.Registry] = [:]
    private var tags: Set<TransferEndpoint> = []
    private var manifestsRead: Set<Place<Int>> = []
    private var manifestsWritten: Set<Place<RepositoryContent>> = []
    private var roots: Set<Place<RepositoryContent>> = []
    private var blobs: Set<Place<Int>> = []
    private var blobPlaces: Set<Place<RepositoryContent>> = []

    private struct Place<Content: Hashable>: Hashable {
        var store: StoreID
        var content: Content
    }

    private struct RepositoryContent: Hashable {
        var repository: Repository
        var content: Int
    }

    init(survey: Survey) { self.survey = survey }

    /// Two questions: what the target has, what the source has.
    mutating func countUnchanged(_ item: TransferItem) {
        change(item.target.store) { $0.requests += 1 }
        countTag(item)
    }

    mutating func count(_ item: TransferItem, _ surveyed: Survey.Item) {
        change(item.source.store) { $0.itemsRead += 1 }
        change(item.target.store) { registry in
            registry.itemsWritten += 1
            registry.requests += 1
        }
        countTag(item)
        for manifest in surveyed.manifests { count(manifest: manifest, of: item) }
        for blob in surveyed.blobs { count(blob: blob, of: item) }
        guard let root = surveyed.manifests.first else { return }
        let place = Place(
            store: item.target.store, content: RepositoryContent(repository: item.target.repository, content: root))
        // The first tag of a manifest comes with it, every further one is put by itself.
        if !roots.insert(place).inserted { change(item.target.store) { $0.requests += 1 } }
    }

    private mutating func countTag(_ item: TransferItem) {
        guard item.source.digest == nil else { return }
        if tags.insert(item.source).inserted { change(item.source.store) { $0.requests += 1 } }
    }

    private mutating func count(manifest: Int, of item: TransferItem) {
        if manifestsRead.insert(Place(store: item.source.store, content: manifest)).inserted {
            change(item.source.store) { registry in
                registry.requests += 1
                registry.pulls += 1
            }
        }
        let place = RepositoryContent(repository: item.target.repository, content: manifest)
        if manifestsWritten.insert(Place(store: item.target.store, content: place)).inserted {
            change(item.target.store) { $0.requests += 1 }
        }
    }

    private mutating func count(blob: Int, of item: TransferItem) {
        let target = item.target.store
        let place = RepositoryContent(repository: item.target.repository, content: blob)
        guard blobPlaces.insert(Place(store: target, content: place)).inserted else { return }
        let size = survey.blobs[blob].size
        let isFirst = blobs.insert(Place(store: target, content: blob)).inserted
        guard isFirst, item.source.store != target else {
            return change(target) { registry in
                registry.requests += 1
                registry.bytesMounted.add(saturating: size)
            }
        }
        change(item.source.store) { registry in
            registry.requests += 1
            registry.bytesRead.add(saturating: size)
        }
        change(target) { registry in
            registry.requests += 2
            registry.bytesWritten.add(saturating: size)
        }
    }

    private mutating func change(_ store: StoreID, _ change: (inout RunEstimate.Registry) -> Void) {
        change(&registries[store.name, default: RunEstimate.Registry(name: store.name)])
    }
}
