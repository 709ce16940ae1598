// SPDX-License-Identifier: Apache-2.0

import OCI

extension SurveyPlan {
    enum Question: StoreRequest {
        /// What a tag names. A cache may answer HEAD with what it named before, so the tag itself is read.
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
