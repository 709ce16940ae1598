// SPDX-License-Identifier: Apache-2.0

import Reporting

extension CopyLog {
    /// Says what was and what was not copied.
    ///
    /// - Parameter isSilent: says nothing where everything arrived.
    /// - Throws: unless everything arrived.
    func conclude(_ log: TimestampedLog, silently isSilent: Bool = false) throws {
        let summary = self.summary
        if !isSilent || summary.undone + summary.failed > 0 { log.line(summary.text) }
        if summary.undone > 0 { throw CommandFailure.interrupted }
        guard summary.failed == 0 else {
            throw CommandFailure("\(summary.failed) of \(summary.total) images were not copied")
        }
    }
}
