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
    /// What to do about content that the target has already.
    public enum ExistingContent: Sendable {
        /// Content that the target has under the right digest counts as whole. This takes the fewest requests.
        case trusted
        /// Every manifest is read and every blob is asked for. What is missing or cannot be read is sent, which repairs a target.
        case proven
        /// Everything is sent again, and nothing is asked for first.
        case replaced
    }

    /// Images under way at once between two registries.
    public var jobs = 32
    /// Bytes of blobs that the whole run holds in memory at once, at most.
    public var bytesInTransit: Int64 = 64 << 20
    /// Bytes a second of all blobs together, at most; nil for as fast as they can.
    public var bytesPerSecond: Int64?
    /// How closely layers are looked at while they pass, beside size and digest.
    public var verification = Verification.digest
    /// What to do about content that the target has already.
    public var existing = ExistingContent.trusted
    /// Leaves tags alone that exist at the target. An item whose tag names something else ends as
    /// ``CopyOutcome/kept(_:offered:)``.
    public var keepsExistingTags = false
    /// Copies signatures, attestations and whatever else refers to an image, too: OCI referrers and cosign's tags.
    public var copiesReferrers = false
    /// Puts the source's signatures in the place of others that the target has under cosign's tags. Without it those stay, and
    /// the log tells.
    public var replacesSignatures = false
    /// Copies layers that are by convention left where they are ("foreign", "non-distributable").
    public var copiesForeignLayers = false
    /// Waits, for up to a day, where a source's pulls are used up. Without it the images that need a pull fail at once.
    public var waitsForPulls = false

    /// The defaults.
    public init() {}
}

/// How closely layers are looked at.
public enum Verification: Sendable {
    /// Size and digest, always.
    case digest
    /// Besides, compressed layers unpack without fault.
    case unpacking
    /// Besides, what they unpack to is what the image's config names.
    case layerContent
}

extension CopyOptions {
    /// As the engine takes them.
    ///
    /// - Parameter pace: how many requests registries are sent, and how often.
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
