// SPDX-License-Identifier: Apache-2.0

import OCI

/// How a blob is inspected. One digest may be a layer of an image and a file of an artifact, and manifests may list it with
/// different lengths.
struct BlobLook: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        /// As bytes of a length and a digest.
        case bytes
        case config
        /// As an inspector looks into it.
        case inspected(String)
    }

    var size: Int64
    var form: Form
}

/// A blob in a target repository, with the inspection that is wanted.
struct AuditedBlob: Hashable, Sendable {
    var place: BlobPlace
    var look: BlobLook

    var content: AuditedContent { AuditedContent(blob: place.blob, look: look) }
}

/// The same blob and inspection, in any repository of a store.
struct AuditedContent: Hashable, Sendable {
    var blob: TargetBlob
    var look: BlobLook
}

/// What is known of a blob in a repository of the target.
enum AuditBlob: Sendable {
    case asked(waiting: [AuditPlace])
    case known(AuditFindings)
}

/// What is known of a blob's bytes in a target store. A problem in one repository is not recorded here, because another
/// repository may have its own storage.
enum AuditContent: Sendable {
    /// - Parameter waiting: other repositories that have been found to have it.
    case reading(waiting: [Waiting])
    /// The bytes are correct.
    case read

    struct Waiting: Sendable {
        var place: BlobPlace
        var descriptor: Descriptor
    }
}
