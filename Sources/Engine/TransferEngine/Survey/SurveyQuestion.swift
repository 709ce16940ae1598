// SPDX-License-Identifier: Apache-2.0

import OCI

extension SurveyPlan {
    enum Question: StoreRequest {
        /// Reads a tag. A GET is used, because a cache may answer HEAD with the tag's former digest.
        case read(SourceTag)
        case fetch(ManifestCache.Key, Repository)

        var lanes: RequestStores { RequestStores(reading: store) }
        var priority: RequestPriority { .discover }
        var isPull: Bool { true }

        var store: StoreID {
            switch self {
            case .read(let tag): tag.store
            case .fetch(let key, _): key.store
            }
        }
    }
}
