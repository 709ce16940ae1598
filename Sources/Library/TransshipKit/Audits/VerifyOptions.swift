// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// How images are verified.
///
/// ```swift
/// var options = VerifyOptions()
/// options.verification = .layerContent  // Reads every byte.
/// ```
public struct VerifyOptions: Sendable {
    /// The number of images that are verified at once.
    public var jobs = 32
    /// How closely blobs are checked. With ``Verification/digest``, a registry is asked whether it has each blob and for
    /// one byte of it, because it verified the blob when it was uploaded; a layout and a ``ContentStore`` are read
    /// completely. With the other levels, every byte is read and checked everywhere.
    public var verification = Verification.digest
    /// Also requires that an image's referrers at its source, such as signatures, are at the target and complete.
    public var includesReferrers = false

    /// The defaults.
    public init() {}
}

extension VerifyOptions {
    /// The options in the engine's form.
    ///
    /// - Parameter pace: the number and rate of requests to registries.
    func settings(_ pace: RequestSettings) -> TransferSettings {
        var settings = TransferSettings()
        settings.jobs = max(1, jobs)
        settings.requests = pace
        if includesReferrers { settings.referrers = .all }
        return settings
    }
}
