// SPDX-License-Identifier: Apache-2.0

/// How a request occupies its lanes.
enum LaneUse: Sendable {
    case smallRequest
    /// A blob whose move ends nearly as soon as a small request.
    case smallBlob
    case largeBlob

    /// Bytes of the largest blob that counts as small.
    static let largestSmallBlob: Int64 = 256 << 10
}

extension StoreRequest {
    var laneUse: LaneUse {
        guard priority.movesBytes else { return .smallRequest }
        return (bytesMoved ?? .max) <= LaneUse.largestSmallBlob ? .smallBlob : .largeBlob
    }
}
