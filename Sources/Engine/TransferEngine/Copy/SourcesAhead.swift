// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

extension TransferRun {
    /// Does the run's work, and meanwhile gets what the first questions to its sources will take.
    ///
    /// A target is asked first. Until it has answered, there is time for a source's first connection, its challenge and its
    /// tokens: several round trips that the source's own answers would wait for.
    func preparingSources(_ work: @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for place in firstSources {
                group.addTask { try? await stores.source(place.store).prepareReading(place.repository) }
            }
            await work()
            group.cancelAll()
        }
    }

    /// As many as a source is asked for at once in the beginning; none where it may not be asked at all, or is asked at once.
    private var firstSources: [SourcePlace] {
        let mayDoWithout = settings.keepsExistingTags && !settings.comparesKeptTags
        guard !mayDoWithout, !settings.asksBothSidesAtOnce else { return [] }
        var places: [SourcePlace] = []
        for source in items.lazy.map(\.source).prefix(Self.mostItems) where places.count < Lane.firstWindow {
            let place = SourcePlace(store: source.store, repository: source.repository)
            if !places.contains(place) { places.append(place) }
        }
        return places
    }

    private static let mostItems = 64
}
