// SPDX-License-Identifier: Apache-2.0

package import Content
package import NIOCore
package import OCI

/// The requests that a copy consists of.
package enum CopyRequest: Sendable {
    /// What the target has at the item's place.
    case probeTarget(StoreID, Repository, ManifestSelector)
    /// The same for an item whose target a run does not ask. A dry run (`plan`) reports what is there, and counts what the
    /// run would send.
    case lookAtTarget(StoreID, Repository, ManifestSelector)
    /// What a source tag names. This does not count as a pull.
    case resolveTag(SourceTag)
    case fetchManifest(StoreID, Repository, ManifestSelector)
    /// - Parameter asksFirst: the repository is asked by HEAD first, because it is not known yet whether the store mounts.
    case mount(BlobPlace, Descriptor, from: Repository, asksFirst: Bool = false)
    case upload(BlobUpload)
    /// Whether the target has a blob that is to be sent.
    case findBlob(BlobUpload)
    /// Reads a small blob at its source.
    case fetchBlob(BlobUpload)
    /// Stores a small blob that was read.
    case storeBlob(BlobUpload, FetchedBlob)
    /// Asks a target to mount a blob from a repository into the same repository, which has it, to find out whether the
    /// target mounts.
    case proveMounts(BlobPlace, Descriptor)
    /// Whether a target repository exists and accepts blobs.
    case proveWritable(RepositoryPlace)
    /// Whether a target repository has a manifest already.
    case findManifest(ManifestPlace)
    /// Whether a target repository returns a manifest's bytes, and they have the right digest.
    case proveManifest(ManifestPlace)
    /// An index that a target repository has, to learn which images it lists.
    case readIndex(ManifestPlace)
    /// The referrers of a manifest at its source.
    case listReferrers(ManifestPlace, RepositoryPlace)
    /// - Parameter also: further tags, which a target may set in the same request.
    case storeManifest(ManifestPlace, ParsedManifest, ManifestSelector, also: [Tag] = [])
    /// Adds entries to a target's list of referrers, where it has no API that does so by itself.
    case mergeReferrers(ManifestPlace, ManifestContent, of: Digest)
    /// Ends a session whose blob is no longer needed.
    case cancelSession(StoreID, UploadSession)
}

/// A tag at a source: resolved once in a run, then pinned.
package struct SourceTag: Hashable, Sendable {
    package var store: StoreID
    package var repository: Repository
    package var tag: Tag
}

/// A repository of a store.
package struct RepositoryPlace: Hashable, Sendable {
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

/// A blob anywhere in a target store. It may be mounted from one repository into another.
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
    /// The tag, derived from another manifest's digest, that the manifest is stored under; nil if there is none. One
    /// signature may be stored under several such tags.
    var derivedTag: Tag?
    var part = Part.whole

    /// How much of a manifest is stored at a place. An item that needs more of the manifest, or another part, has its own
    /// place.
    enum Part: Hashable, Sendable {
        case whole
        /// The source's index, unchanged, with only the children for these platforms.
        case sparse(PlatformChoice)
        /// An index that was made of some entries of the source's index. Nothing at the source refers to it.
        case made
    }
}

/// A blob to send: its source, its target, and how the target is asked.
package struct BlobUpload: Sendable {
    package var place: BlobPlace
    package var descriptor: Descriptor
    package var source: RepositoryPlace
    /// The session that the target opened instead of mounting; nil: request one.
    package var session: UploadSession?
    /// How the target is asked whether it has the blob. It is asked to mount only if there is no session yet.
    package var question: PresenceQuestion
    /// An earlier run saw the blob there.
    package var isSeen = false
    /// The target has answered that it does not have the blob.
    var isAbsent = false
    /// The session was opened instead of a mount.
    var isAfterMount = false
    /// Another repository to mount the blob from, if HEAD does not find it in this one.
    package var origin: MountOrigin?
    /// The first image that waits for the blob.
    package var image: UploadingImage?
    package var policy = ReadPolicy.normal
}

/// The bytes of a small blob, not verified yet.
package struct FetchedBlob: Sendable {
    package var bytes = ByteBuffer()

    package init() {}
}

/// A repository that a store is asked to mount a blob from, with the request that opens the upload.
package struct MountOrigin: Hashable, Sendable {
    package enum Basis: Hashable, Sendable {
        /// The repository has a manifest with the blob. If the store does not mount the blob from there, it does not mount
        /// at all.
        case certain
        /// The blob was seen there once.
        case likely
        /// The source's repository has this name. Many mirrors keep names, so the store may have a repository of that name
        /// with the same blobs.
        case guess
    }

    package var repository: Repository
    package var basis: Basis
}

/// The answer to a request.
package enum CopyAnswer: Sendable {
    case summary(ManifestSummary?)
    case manifest(ManifestContent)
    case blob(FetchedBlob)
    case referrers(ReferrerList)
    /// The target has the blob.
    case present
    case absent
    /// The target mounted the blob from another one of its repositories.
    case mounted
    /// Whether the target mounts a blob that it has.
    case mounts(Bool)
    /// The target opened a session instead of mounting.
    case session(UploadSession, mountRefused: Bool)
    /// - Parameter resumedAt: the byte at which an earlier run had stopped. If it is not nil, only the target has verified
    ///   the whole blob.
    case sent(mountRefused: Bool, resumedAt: Int64?)
    /// - Parameters:
    ///   - also: the further tags that were set.
    ///   - entry: the list of referrers that names the manifest now, if the target does not keep such lists itself.
    case stored(also: [Tag] = [], entry: ReferrerListing? = nil)
    /// The list of referrers that the target has now.
    case merged(ManifestContent)
    case failed(TransferFailure)
}

extension CopyAnswer {
    /// Whether the target had the blob, in this repository or in another one.
    var isFound: Bool {
        switch self {
        case .present, .mounted: true
        default: false
        }
    }

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

    /// The referrers API may be missing or broken while everything else works.
    package var mayIndicateOutage: Bool { if case .listReferrers = self { false } else { true } }

    package var bytesMoved: Int64? {
        if case .findBlob = self { nil } else { upload?.descriptor.size }
    }

    package var holdsBytes: Bool { if case .storeBlob = self { true } else { false } }

    /// The failed try has used up its session. Bytes that could not be stored are read again.
    package var again: CopyRequest {
        guard var upload else { return self }
        (upload.session, upload.isAfterMount) = (nil, false)
        // The failed try may have stored the blob.
        if upload.isAbsent { (upload.isAbsent, upload.question) = (false, .head) }
        return .upload(upload)
    }

    /// The blob that the request moves, or does a part of the work for.
    var upload: BlobUpload? {
        switch self {
        case .upload(let upload), .findBlob(let upload), .fetchBlob(let upload), .storeBlob(let upload, _): upload
        default: nil
        }
    }

    /// The store and the content that the request writes; nil for requests that write nothing.
    var written: (StoreID, Digest)? {
        switch self {
        case .mount(let place, _, _, _): (place.store, place.digest)
        case .upload(let upload), .findBlob(let upload), .fetchBlob(let upload), .storeBlob(let upload, _):
            (upload.place.store, upload.place.digest)
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
        case .fetchBlob(let upload): RequestStores(reading: upload.source.store)
        case .findBlob(let upload), .storeBlob(let upload, _): RequestStores(writing: upload.place.store)
        case .proveWritable(let place): RequestStores(writing: place.store)
        case .proveMounts(let place, _): RequestStores(writing: place.store)
        case .findManifest(let place), .proveManifest(let place), .readIndex(let place):
            RequestStores(writing: place.store)
        case .listReferrers(let place, let source): RequestStores(reading: source.store, writing: place.store)
        case .storeManifest(let place, _, _, _): RequestStores(writing: place.store)
        case .mergeReferrers(let place, _, _): RequestStores(writing: place.store)
        case .cancelSession(let store, _): RequestStores(writing: store)
        }
    }

    package var priority: RequestPriority {
        switch self {
        case .storeManifest, .mergeReferrers, .cancelSession: .finish
        case .mount, .proveMounts, .findBlob, .findManifest, .proveManifest, .readIndex: .share
        case .fetchManifest: .discover
        case .probeTarget, .lookAtTarget, .proveWritable, .resolveTag, .listReferrers: .begin
        case .storeBlob: .deliver
        case .upload, .fetchBlob: .move
        }
    }
}
