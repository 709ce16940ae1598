// SPDX-License-Identifier: Apache-2.0

/// How a request occupies its lanes.
enum LaneUse: Sendable {
    case question
    /// A blob that moves about as fast as a question is answered.
    case smallBlob
    case largeBlob

    /// Bytes.
    static let largestSmallBlob: Int64 = 256 << 10
}

extension StoreRequest {
    var use: LaneUse {
        guard priority == .move else { return .question }
        return bytesMoved.map { $0 <= LaneUse.largestSmallBlob } == true ? .smallBlob : .largeBlob
    }
}
