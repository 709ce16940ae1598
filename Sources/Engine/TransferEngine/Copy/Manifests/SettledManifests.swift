// SPDX-License-Identifier: Apache-2.0

import OCI
import OrderedCollections

/// Manifests that are at their place and that nothing waits for. A run over thousands of images keeps only this: about 60
/// bytes for each manifest.
struct SettledManifests: Sendable {
    private var targets: OrderedSet<RepositoryPlace> = []
    private var sources: OrderedSet<[RepositoryPlace]> = []
    /// One more than the number of the sources whose referrers were copied, too; 0 where none were asked for.
    private var whole = DigestTable<UInt32>()
    /// Manifests under derived tags, or copied in part: few.
    private var others: [ManifestPlace: SettledManifest] = [:]

    subscript(place: ManifestPlace) -> SettledManifest? {
        get {
            guard place.isOrdinary else { return others[place] }
            guard let target = targets.number(of: place.target), let source = whole[place.digest, target] else {
                return nil
            }
            return SettledManifest(listed: source == 0 ? [] : sources[Int(source) - 1])
        }
        set {
            guard place.isOrdinary else { return others[place] = newValue }
            let target = targets.insert(numbered: place.target)
            whole[place.digest, target] = newValue.map {
                $0.listed.isEmpty ? 0 : sources.insert(numbered: $0.listed) + 1
            }
        }
    }

    mutating func removeValue(forKey place: ManifestPlace) -> SettledManifest? {
        defer { self[place] = nil }
        return self[place]
    }
}

/// A manifest that is at its place.
struct SettledManifest: Sendable {
    /// The source repositories whose referrers of it were copied, too.
    var listed: [RepositoryPlace] = []
}

extension ManifestPlace {
    fileprivate var isOrdinary: Bool { derivedTag == nil && part == .whole }

    fileprivate var target: RepositoryPlace { RepositoryPlace(store: store, repository: repository) }
}
