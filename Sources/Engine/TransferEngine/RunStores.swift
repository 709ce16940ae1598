// SPDX-License-Identifier: Apache-2.0

package import Content

/// The stores that the items of a run name, each in its role as source or target.
///
/// A run asks for the store again for each request, so both functions have to be cheap. Each is called with names of its own side only:
/// a store that is only read, such as an archive, need not be a target.
package struct RunStores: Sendable {
    package let source: @Sendable (StoreID) -> any ContentSource
    package let target: @Sendable (StoreID) -> any ContentTarget

    package init(
        source: @escaping @Sendable (StoreID) -> any ContentSource,
        target: @escaping @Sendable (StoreID) -> any ContentTarget
    ) {
        self.source = source
        self.target = target
    }

    /// Stores that can all be written to, as registries and layouts can.
    package init(_ store: @escaping @Sendable (StoreID, TransferSide) -> any ContentTarget) {
        self.init(source: { store($0, .source) }, target: { store($0, .target) })
    }

    /// A manifest that a target has at a place.
    func index(at place: ManifestPlace) async throws(TransferFailure) -> ManifestContent {
        try await asking(.target) { () async throws(ContentFailure) in
            try await target(place.store).manifest(.digest(place.digest), in: place.repository)
        }
    }

    /// The store on one side of a run, for reading.
    func readable(_ store: StoreID, on side: TransferSide) -> any ContentSource {
        switch side {
        case .source: source(store)
        case .target: target(store)
        }
    }
}
