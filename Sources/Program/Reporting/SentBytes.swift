// SPDX-License-Identifier: Apache-2.0

import OCI
package import TransferEngine

/// The bytes of blobs that a run has sent to its targets.
package struct SentBytes: Sendable, Hashable {
    /// All bytes, in every attempt.
    package var all: Int64
    /// Of all bytes, those of attempts under way.
    package var underWay: Int64 = 0
    /// Of all bytes, those of attempts that failed or were interrupted and that no later attempt continued. They were sent
    /// for nothing, or for the next run.
    package var unfinished: Int64

    package init(_ all: Int64 = 0, unfinished: Int64 = 0) {
        self.all = all
        self.unfinished = unfinished
    }

    /// - Parameter arrived: the bytes that were sent of blobs that have arrived.
    package init(_ traffic: TransferMeter.Traffic, arrived: Int64) {
        all = max(traffic.written, arrived)
        underWay = min(traffic.underWay, all - arrived)
        // A blob that a second attempt completed from the middle has arrived with the bytes of the first attempt.
        unfinished = min(traffic.unfinished, all - arrived - underWay)
    }

    /// - Parameters:
    ///   - meter: has measured the run.
    ///   - arrived: the bytes that were sent of blobs that have arrived.
    package init(_ meter: TransferMeter, arrived: Int64) {
        let traffic = meter.traffic.values.reduce(into: TransferMeter.Traffic()) { $0.add($1) }
        self.init(traffic, arrived: arrived)
    }

    /// `; 12.0 MiB of the sent bytes in attempts that did not finish`; empty if there are none.
    var remark: String {
        unfinished > 0 ? "; \(Quantity.bytes(unfinished)) of the sent bytes in attempts that did not finish" : ""
    }
}
