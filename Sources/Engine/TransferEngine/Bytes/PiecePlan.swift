// SPDX-License-Identifier: Apache-2.0

import Content

/// Whether a blob is sent in one request or in pieces, and how large they are.
enum PiecePlan: Equatable {
    case whole
    case pieces(of: Int64)

    /// - Parameter size: bytes of the whole blob.
    init(size: Int64, session: UploadSession, habits: UploadHabits, settings: PieceSettings) {
        let largest = [habits.largestBody, session.largestPiece].compactMap { $0 }.min()
        let isTooLarge = largest.map { size > $0 } ?? false
        guard isTooLarge || (habits.takesPieces && size >= settings.worthwhile) else {
            self = .whole
            return
        }
        let wanted = min(settings.size, largest ?? settings.size)
        self = .pieces(of: max(1, wanted, session.smallestPiece ?? 0))
    }
}

/// When blobs are sent in pieces although the target does not require it. A piece that has arrived need not be sent again.
package struct PieceSettings: Sendable {
    /// Bytes of the smallest blob that is sent in pieces. Every piece is a request, and nothing is sent between two of them.
    package var worthwhile: Int64 = 512 << 20
    /// Bytes of a piece.
    package var size: Int64 = 128 << 20

    package init() {}
}
