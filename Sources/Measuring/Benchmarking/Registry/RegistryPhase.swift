// SPDX-License-Identifier: Apache-2.0

/// What a registry is measured by, one after the other in this order.
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

    /// Whether its operations are long enough for their speed to be bytes a second.
    package var isOfLargeBlobs: Bool { [.blobPut, .blobPieces, .blobGet, .blobRanges].contains(self) }
}

/// How a registry is measured.
package struct RegistryBenchSettings: Sendable, Hashable {
    package var phases = RegistryPhase.allCases
    package var connections = 8
    package var pace = LoadPace.closed
    /// Of each repetition of a phase.
    package var duration = Duration.seconds(3)
    /// Bytes of blobs that a repetition of a phase moves, at most.
    package var bytes: Int64 = 512 << 20
    package var repetitions = 3
    /// Bytes of a large blob.
    package var blobSize: Int64 = 32 << 20
    /// Bytes of a piece and of a range.
    package var pieceSize: Int64 = 8 << 20
    /// Bytes of a small blob.
    package var smallSize: Int64 = 4 << 10

    package init() {}

    /// Bytes that one operation of a phase moves; nil for those that move no blobs.
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
