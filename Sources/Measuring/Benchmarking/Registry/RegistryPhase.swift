// SPDX-License-Identifier: Apache-2.0

/// The phases of a measurement, which run in this order.
package enum RegistryPhase: String, Sendable, Hashable, CaseIterable {
    case blobPut = "blob-put"
    case blobPieces = "blob-pieces"
    case blobGet = "blob-get"
    case blobRanges = "blob-ranges"
    case smallPut = "small-put"
    case smallGet = "small-get"
    case manifestPut = "manifest-put"
    case manifestGet = "manifest-get"
    case manifestHead = "manifest-head"
    case absent
    case mount
    case tags
    case referrers

    /// Whether a registry need not offer what the phase measures (OCI distribution-spec, "Chunked upload", "Mounting blobs
    /// from another repository", "Conformance").
    package var isOptional: Bool { [.blobPieces, .blobRanges, .mount, .tags, .referrers].contains(self) }

    /// Whether its operations are large enough to measure their speed in bytes per second.
    package var isOfLargeBlobs: Bool { [.blobPut, .blobPieces, .blobGet, .blobRanges].contains(self) }
}

/// The settings of a measurement: whatever decides what is measured, and how.
package struct RegistryBenchSettings: Sendable, Hashable {
    package var phases = RegistryPhase.allCases
    package var connections = 8
    package var pace = LoadPace.closed
    /// The duration of each repetition of a phase.
    package var duration = Duration.seconds(3)
    /// The maximum number of blob bytes that one repetition of a phase moves.
    package var bytes: Int64 = 512 << 20
    package var repetitions = 3
    /// The size of a large blob in bytes.
    package var blobSize: Int64 = 32 << 20
    /// The size of a piece and of a range in bytes.
    package var pieceSize: Int64 = 8 << 20
    /// The size of a small blob in bytes.
    package var smallSize: Int64 = 4 << 10
    /// Whether every request is printed, which takes the measuring program's time.
    package var isVerbose = false

    package init() {}

    /// The number of bytes that one operation of a phase moves; nil for phases that move no blobs.
    package func operationSize(of phase: RegistryPhase) -> Int64? {
        switch phase {
        case .blobPut, .blobPieces, .blobGet: blobSize
        case .blobRanges: min(pieceSize, blobSize)
        case .smallPut, .smallGet: smallSize
        default: nil
        }
    }

    func limits(of phase: RegistryPhase) -> LoadLimits {
        let operations = operationSize(of: phase).map { Int(clamping: max(1, bytes / $0)) }
        return LoadLimits(duration: duration, operations: operations ?? .max)
    }
}
