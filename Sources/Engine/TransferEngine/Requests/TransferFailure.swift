// SPDX-License-Identifier: Apache-2.0

package import Content

/// Where a failure happened, seen from the copy.
package enum TransferSide: String, Sendable {
    case source
    case target
}

/// A store's failure, plus the side and the number of tries, which the store does not know.
package struct TransferFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package var cause: ContentFailure
    package var side: TransferSide
    package var attempts: Int
    /// Bytes of a blob that reached the target in this try and stay there.
    package var advanced: Int64 = 0

    package init(_ cause: ContentFailure, side: TransferSide, attempts: Int = 1) {
        self.cause = cause
        self.side = side
        self.attempts = attempts
    }

    /// The failure of another request that is not sent, because its answer would be the same.
    var ofRequestNotSent: Self {
        var failure = self
        failure.attempts = 1
        failure.cause.message = "not asked for, because of the answer to another request: \(cause.message)"
        return failure
    }

    package var description: String {
        side.rawValue + ": " + cause.message + (attempts > 1 ? " (\(attempts) attempts)" : "")
    }
}

/// Runs a store's operation; a failure gets the store's side.
func asking<Value: Sendable>(
    _ side: TransferSide, _ request: () async throws(ContentFailure) -> Value
) async throws(TransferFailure) -> Value {
    do throws(ContentFailure) { return try await request() } catch { throw TransferFailure(error, side: side) }
}

/// The same for a local computation.
func asking<Value>(
    _ side: TransferSide, _ work: () throws(ContentFailure) -> Value
) throws(TransferFailure) -> Value {
    do throws(ContentFailure) { return try work() } catch { throw TransferFailure(error, side: side) }
}
