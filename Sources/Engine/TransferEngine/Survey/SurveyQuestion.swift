// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

extension SurveyPlan {
    enum Question: StoreRequest {
        case resolve(SourceTag)
        case fetch(ManifestCache.Key, Repository)
        /// The manifest that a HEAD had named cannot be fetched, so the tag itself is read.
        case read(SourceTag)

        var lanes: Lanes { Lanes(reading: store) }
        var priority: RequestPriority { isPull ? .discover : .begin }
        var isPull: Bool { if case .resolve = self { false } else { true } }
        var tellsAllowance: Bool { true }

        var store: StoreID {
            switch self {
            case .resolve(let tag), .read(let tag): tag.store
            case .fetch(let key, _): key.store
            }
        }
    }

    enum Value: Sendable {
        case digest(Digest)
        case manifest(ManifestContent)
    }
}
