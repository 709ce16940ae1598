// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// The requests that a copy consists of.
package enum CopyRequest: Sendable {
    /// What the target has at the item's place.
    case probeTarget(StoreID, Repository, ManifestSelector)
    /// The same where a run does not ask: a plan tells what is there, and counts what the run sends.
    case lookAtTarget(StoreID, Repository, ManifestSelector)
    /// What a source tag names, without counting as a pull.
    case resolveTag(SourceTag)
    case fetchManifest(StoreID, Repository, ManifestSelector)
    /// - Parameter asksFirst: the repository is asked by HEAD first, because nobody knows yet whether the store mounts.
    case mount(BlobPlace, Descriptor, from: Repository, asksFirst: Bool = false)
    case upload(BlobUpload)
    /// Asks a target to mount a blob that it has from the repository into itself, to find out whether it mounts.
    case proveMounts(BlobPlace, Descriptor)
    /// Whether a target repository is there and takes blobs.
    case proveWritable(TargetRepository)
    /// Whether a target repository has a manifest already.
    case findManifest(ManifestPlace)
    /// Whether a target repository gives a manifest's bytes, and they are right.
    case proveManifest(ManifestPlace)
    /// What refers to a manifest at its source.
    case listReferrers(ManifestPlace, SourcePlace)
    /// With further tags, which a target may set in the same request.
    case storeManifest(ManifestPlace, ParsedManifest, ManifestSelector, also: [Tag] = [])
    /// Adds entries to a target's list of referrers, where it has no API that does so by itself.
    case mergeReferrers(ManifestPlace, ManifestContent, of: Digest)
    /// Ends a session whose blob nobody needs any more.
    case cancelSession(StoreID, UploadSession)
}

/// A tag at a source: resolved once in a run, then pinned.
package struct SourceTag: Hashable, Sendable {
    package var store: StoreID
    package var repository: Repository
    package var tag: Tag
}

/// A repository content is read from.
package struct SourcePlace: Hashable, Sendable {
    package var store: StoreID
    package var repository: Repository
}

/// A blob in a target repository.
package struct BlobPlace: Hashable, Sendable {
    package var store: StoreID
    package var repository: Repository
    package var digest: Digest

    package init(store: StoreID, repository: Repository, digest: Digest) {
        self.store = store
        self.repository = repository
        self.digest = digest
    }

    var blob: TargetBlob { TargetBlob(store: store, digest: digest) }
}

/// A blob anywhere in a target store: what may be mounted from one repository into another.
package struct TargetBlob: Hashable, Sendable {
    package var store: StoreID
    package var digest: Digest

    package init(store: StoreID, digest: Digest) {
        self.store = store
        self.digest = digest
    }
}

/// A manifest in a target repository.
package struct ManifestPlace: Hashable, Sendable {
    package var store: StoreID
    package var repository: Repository
    package var digest: Digest
    /// A tag that is derived from another manifest's digest, where it stands under one: one signature may stand under several.
    var derivedTag: Tag?
    var part = Part.whole

    /// How much of a manifest stands at a place: whoever wants more of it, or of another kind, has a place of its own.
    enum Part: Hashable, Sendable {
        case whole
        /// An index as the source has it, with the children for these platforms only.
        case sparse(PlatformChoice)
        /// An index that was made of some entries of the source's. Nothing at the source refers to it.
        case made
    }
}

/// Bytes to move: from where, to where, and what is known about the way.
package struct BlobUpload: Sendable {
    package var place: BlobPlace
    package var descriptor: Descriptor
    package var source: SourcePlace
    /// The session a mount fell through to; nil: ask for one.
    package var session: UploadSession?
    /// How the target is asked whether it has the blob; by mounting only where there is no session yet.
    package var question: PresenceQuestion
    /// An earlier run saw it there.
    package var isSeen = false
    /// A session that a mount fell through to.
    var isAfterMount = false
    /// Another repository to mount it from, where it is not there by HEAD.
    package var origin: MountOrigin?
    /// The first image that waits for it.
    package var image: UploadingImage?
    package var policy = ReadPolicy.normal
}

/// A repository that a store is asked to mount a blob from, with the request that opens the upload.
package struct MountOrigin: Hashable, Sendable {
    package enum Basis: Hashable, Sendable {
        /// It has a manifest with the blob. A store that does not mount it from there does not mount.
        case certain
        /// It was seen there once.
        case likely
        /// The source calls its own repository so. Many mirrors keep names, so the store may have one of that name with the same blobs.
        case guess
    }

    package var repository: Repository
    package var basis: Basis
}

/// The answer to a request.
package enum CopyAnswer: Sendable {
    case summary(ManifestSummary?)
    case manifest(ManifestContent)
    case referrers(ReferrerList)
    /// The target has the blob.
    case present
    /// It has it now, from another one of its repositories.
    case mounted
    /// Whether the target mounts a blob that it has.
    case mounts(Bool)
    /// A mount fell through.
    case session(UploadSession, mountRefused: Bool)
    /// - Parameter resumedAt: where an earlier run had stopped, so that the target alone checked the whole.
    case sent(mountRefused: Bool, resumedAt: Int64?)
    /// - Parameters:
    ///   - also: the further tags that were set.
    ///   - entry: where the manifest is listed now, of which the target has no list of its own.
    case stored(also: [Tag] = [], entry: ReferrerListing? = nil)
    /// The list of referrers as it is at the target.
    case merged(ManifestContent)
    case failed(TransferFailure)
}

extension CopyAnswer {
    /// Whether bytes were stored.
    var isStored: Bool {
        switch self {
        case .sent, .stored: true
        default: false
        }
    }
}

extension CopyRequest: StoreRequest {
    package var isPull: Bool { if case .fetchManifest = self { true } else { false } }

    package var mayReportPullAllowance: Bool {
        switch self {
        case .fetchManifest, .resolveTag: true
        default: false
        }
    }

    /// The API for referrers is one of its own, which may be missing or broken where everything else works.
    package var mayIndicateOutage: Bool { if case .listReferrers = self { false } else { true } }

    package var bytesMoved: Int64? { if case .upload(let upload) = self { upload.descriptor.size } else { nil } }

    /// A session is used up by the try that failed.
    package var again: CopyRequest {
        guard case .upload(var upload) = self else { return self }
        (upload.session, upload.isAfterMount) = (nil, false)
        return .upload(upload)
    }

    /// Where it writes which content, for tasks that do.
    var written: (StoreID, Digest)? {
        switch self {
        case .mount(let place, _, _, _): (place.store, place.digest)
        case .upload(let upload): (upload.place.store, upload.place.digest)
        case .storeManifest(let place, _, _, _): (place.store, place.digest)
        case .mergeReferrers(let place, _, _): (place.store, place.digest)
        default: nil
        }
    }

    package var lanes: RequestStores {
        switch self {
        case .probeTarget(let store, _, _), .lookAtTarget(let store, _, _): RequestStores(writing: store)
        case .resolveTag(let tag): RequestStores(reading: tag.store)
        case .fetchManifest(let store, _, _): RequestStores(reading: store)
        case .mount(let place, _, _, _): RequestStores(writing: place.store)
        case .upload(let upload): RequestStores(reading: upload.source.store, writing: upload.place.store)
        case .proveWritable(let place): RequestStores(writing: place.store)
        case .proveMounts(let place, _): RequestStores(writing: place.store)
        case .findManifest(let place), .proveManifest(let place): RequestStores(writing: place.store)
        case .listReferrers(let place, let source): RequestStores(reading: source.store, writing: place.store)
        case .storeManifest(let place, _, _, _): RequestStores(writing: place.store)
        case .mergeReferrers(let place, _, _): RequestStores(writing: place.store)
        case .cancelSession(let store, _): RequestStores(writing: store)
        }
    }

    package var priority: RequestPriority {
        switch self {
        case .storeManifest, .mergeReferrers, .cancelSession: .finish
        case .mount, .proveMounts, .findManifest, .proveManifest: .share
        case .fetchManifest: .discover
        case .probeTarget, .lookAtTarget, .proveWritable, .resolveTag, .listReferrers: .begin
        case .upload: .move
        }
    }
}
