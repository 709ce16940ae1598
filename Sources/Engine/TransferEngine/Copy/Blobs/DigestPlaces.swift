// SPDX-License-Identifier: Apache-2.0

import OCI
import OrderedCollections

/// A map from digests to places, packed so that it can hold very many.
struct DigestPlaces: Sendable {
    private var places: OrderedSet<RepositoryPlace> = []
    private var numbers = DigestTable<UInt32>()

    subscript(digest: Digest) -> RepositoryPlace? {
        get { numbers[digest, 0].map { places[Int($0)] } }
        set { numbers[digest, 0] = newValue.map { places.insert(numbered: $0) } }
    }
}

extension OrderedSet {
    func number(of element: Element) -> UInt32? {
        firstIndex(of: element).map { UInt32(truncatingIfNeeded: $0) }
    }

    mutating func insert(numbered element: Element) -> UInt32 {
        UInt32(truncatingIfNeeded: append(element).index)
    }
}
