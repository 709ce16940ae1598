// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// How images are verified.
///
/// ```swift
/// var options = VerifyOptions()
/// options.verification = .layerContent  // Reads every byte.
/// ```
public struct VerifyOptions: Sendable {
    /// Images under way at once.
    public var jobs = 32
    /// How closely blobs are looked at. With ``Verification/digest`` a registry is asked for each blob and for one of its bytes,
    /// because it checked what it took; a layout and a ``ContentStore`` are read whole. With the other levels every byte is read
    /// and checked everywhere.
    public var verification = Verification.digest
    /// What refers to an image at its source, such as signatures, must be at the target, too, whole.
    public var includesReferrers = false

    /// The defaults.
    public init() {}
}

extension VerifyOptions {
    /// As the engine takes them.
    ///
    /// - Parameter pace: how many requests registries are sent, and how often.
    func settings(_ pace: RequestSettings) -> TransferSettings {
        var settings = TransferSettings()
        settings.jobs = max(1, jobs)
        settings.requests = pace
        if includesReferrers { settings.referrers = .all }
        return settings
    }
}
