// SPDX-License-Identifier: Apache-2.0

import OCI

/// How a blob is looked at: one digest may be a layer of an image and a file of an artifact, and may be listed with different lengths.
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

/// A blob in a repository of the target, as somebody wants it looked at.
struct AuditedBlob: Hashable, Sendable {
    var place: BlobPlace
    var look: BlobLook

    var content: AuditedContent { AuditedContent(blob: place.blob, look: look) }
}

/// The same in all repositories of a store.
struct AuditedContent: Hashable, Sendable {
    var blob: TargetBlob
    var look: BlobLook
}

/// What is known of a blob in a repository of the target.
enum AuditBlob: Sendable {
    case asked(waiting: [ManifestPlace])
    case known(AuditFindings)
}

/// What is known of a blob's bytes in a target store. What is wrong with them in one repository is kept by nobody: another
/// one may have storage of its own.
enum AuditContent: Sendable {
    /// - Parameter waiting: other repositories that have been found to have it.
    case reading(waiting: [Waiting])
    /// They are right.
    case read

    struct Waiting: Sendable {
        var place: BlobPlace
        var descriptor: Descriptor
    }
}
