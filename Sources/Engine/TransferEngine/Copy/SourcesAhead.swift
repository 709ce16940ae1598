// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

extension TransferRun {
    /// Runs `work`, and meanwhile prepares connections and tokens for the first requests to the sources.
    ///
    /// A run asks the target first. Before it has answered, there is time for a source's first connection, challenge and
    /// tokens. These take several round trips, which would otherwise delay the source's answers.
    func preparingSources(_ work: @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for place in firstSources {
                group.addTask { try? await stores.source(place.store).prepareReading(place.repository) }
            }
            await work()
            group.cancelAll()
        }
    }

    /// At most as many repositories as a source is asked for at once in the beginning. Empty if the source may not be asked
    /// at all, or is asked immediately.
    private var firstSources: [RepositoryPlace] {
        let mayDoWithout = settings.keepsExistingTags && !settings.comparesKeptTags
        guard !mayDoWithout, !settings.asksBothSidesAtOnce else { return [] }
        var places: [RepositoryPlace] = []
        for source in items.lazy.map(\.source).prefix(Self.mostItems) where places.count < Lane.firstWindow {
            let place = source.place
            if !places.contains(place) { places.append(place) }
        }
        return places
    }

    private static let mostItems = 64
}
