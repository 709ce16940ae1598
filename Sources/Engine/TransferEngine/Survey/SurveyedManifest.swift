// SPDX-License-Identifier: Apache-2.0

import OCI

extension SurveyPlan {
    enum Node {
        case asked(Asked)
        case failed(TransferFailure)
        case known(Known)
    }

    /// Why a manifest is being fetched.
    struct Asked {
        /// The first item that needs it. What the manifest reaches counts for that item.
        var owner: ItemID
        var depth: Int
        /// False for an index of which only some platforms are wanted.
        var wantsChildren: Bool
    }

    struct Known {
        var asked: Asked
        var isIndex: Bool
        var children: [SurveyCollector.Child]
        var blobs: [Int]
        var size: Int64
    }

    /// The part of an index that is copied.
    struct Selection {
        /// The chosen image, the index that is made, or the index itself.
        var root: Digest
        var children: [SurveyCollector.Child]
        var isSparse = false

        init(_ selection: IndexSelection) {
            switch selection {
            case .image(let image):
                root = image.digest
                children = [SurveyCollector.Child(image)]
            case .made(let index), .sparse(let index):
                root = index.digest
                children = index.children.map(SurveyCollector.Child.init)
                if case .sparse = selection { isSparse = true }
            }
        }
    }
}
