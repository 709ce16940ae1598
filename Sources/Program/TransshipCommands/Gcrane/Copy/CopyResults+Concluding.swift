// SPDX-License-Identifier: Apache-2.0

import Reporting

extension CopyResults {
    /// Logs what was copied and what was not.
    ///
    /// - Parameter isSilent: logs nothing if everything arrived.
    /// - Throws: if not everything arrived.
    func conclude(_ log: TimestampedLog, silently isSilent: Bool = false) throws {
        let summary = self.summary
        let missing = summary.failed + summary.kept
        if !isSilent || summary.undone + missing > 0 { log.line(summary.text) }
        if summary.undone > 0 { throw CommandFailure.interrupted }
        guard missing == 0 else {
            throw CommandFailure(
                "\(missing) of \(summary.total) images were not copied",
                hint: summary.kept > 0 ? "--overwrite-signatures replaces what was kept" : nil)
        }
    }
}
