// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// How images are copied.
///
/// ```swift
/// var options = CopyOptions()
/// options.verification = .layerContent
/// options.bytesPerSecond = 50 << 20
/// ```
public struct CopyOptions: Sendable {
    /// How a copy treats content that the target has already.
    public enum ExistingContent: Sendable {
        /// Content that the target has under the right digest counts as complete. This takes the fewest requests.
        case trusted
        /// Every manifest is read at the target, and the target is asked for every blob. Content that is missing or cannot
        /// be read is sent, which repairs a target.
        case proven
        /// Everything is sent again, without asking the target first.
        case replaced
    }

    /// The number of images that are copied at once between two registries.
    public var jobs = 32
    /// The most bytes of blobs that the whole run holds in memory at once.
    public var bytesInTransit: Int64 = 64 << 20
    /// The limit for all blobs together, in bytes per second; nil: no limit.
    public var bytesPerSecond: Int64?
    /// How closely layers are checked during the copy. Size and digest are always verified.
    public var verification = Verification.digest
    /// How a copy treats content that the target has already.
    public var existing = ExistingContent.trusted
    /// Keeps tags that exist at the target. An item whose tag names another manifest there ends as
    /// ``CopyOutcome/kept(_:offered:)``.
    public var keepsExistingTags = false
    /// Also copies signatures, attestations and all other referrers of an image: OCI referrers and cosign's tags.
    public var copiesReferrers = false
    /// Replaces the target's signatures under cosign's tags by the source's signatures. If false, the target's signatures
    /// are kept, and this is logged.
    public var replacesSignatures = false
    /// Also copies "foreign" ("non-distributable") layers, which by convention are not copied.
    public var copiesForeignLayers = false
    /// Waits, for up to a day, when a source's pulls are used up. If false, images that need a pull fail at once.
    public var waitsForPulls = false

    /// The defaults.
    public init() {}
}

/// How closely layers are checked.
public enum Verification: Sendable {
    /// Size and digest. These are always verified.
    case digest
    /// In addition, compressed layers must unpack without errors.
    case unpacking
    /// In addition, the unpacked layers must have the diff IDs that the image's config names.
    case layerContent
}

extension CopyOptions {
    /// The options in the engine's form.
    ///
    /// - Parameter pace: the number and rate of requests to registries.
    func settings(_ pace: RequestSettings) -> TransferSettings {
        var settings = TransferSettings()
        settings.jobs = max(1, jobs)
        settings.requests = pace
        settings.requests.countedSources = .knownByName
        settings.requests.transitBytes = max(1, bytesInTransit)
        settings.requests.transitBytesPerBlob = min(
            settings.requests.transitBytesPerBlob, settings.requests.transitBytes)
        settings.bytesPerSecond = bytesPerSecond.map { max(1, $0) }
        settings.existing = existing.setting
        settings.keepsExistingTags = keepsExistingTags
        settings.comparesKeptTags = keepsExistingTags
        if copiesReferrers { settings.referrers = .all }
        settings.replacesSignatures = replacesSignatures
        settings.includesForeignLayers = copiesForeignLayers
        if waitsForPulls { settings.requests.waitForPulls() }
        return settings
    }
}

extension CopyOptions.ExistingContent {
    fileprivate var setting: TransferEngine.ExistingContent {
        switch self {
        case .trusted: .trusted
        case .proven: .proven
        case .replaced: .ignored
        }
    }
}
