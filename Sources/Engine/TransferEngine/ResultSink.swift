// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Takes the reports of a run, one after the other, and makes of them the value that the run returns.
///
/// A report of a copy takes some hundred bytes, so a run of a million items cannot keep one for each. Most callers need less: a
/// count, or the failures. Each caller says here what is kept of a report.
///
/// The value can also be read while the run goes on. A program that is interrupted waits for its run only so long, and then writes
/// down what has ended.
package final class ResultSink<Report, Value: Sendable>: Sendable {
    private let folded: Mutex<Value>
    private let add: @Sendable (inout Value, Report) -> Void

    /// - Parameters:
    ///   - value: what to begin with.
    ///   - add: called once for each item that ends, one call after the other, before an observer is told. A slow one delays new
    ///     items, and no request.
    package init(_ value: Value, add: @escaping @Sendable (inout Value, Report) -> Void) {
        folded = Mutex(value)
        self.add = add
    }

    /// What has been made of the reports so far.
    package var value: Value { folded.withLock { $0 } }

    func take(_ report: Report) { folded.withLock { add(&$0, report) } }
}

extension ResultSink where Report == ItemReport, Value == [ItemReport?] {
    /// Keeps every report of a copy, in the order of the items; nil for those that have not ended.
    package convenience init(reportsOf count: Int) {
        self.init(Array(repeating: nil, count: count)) { $0[$1.item] = $1 }
    }
}

extension ResultSink where Report == ItemAudit, Value == [AuditReport?] {
    /// Keeps every report of an audit, in the order of the items; nil for those that have not ended.
    package convenience init(auditsOf count: Int) {
        self.init(Array(repeating: nil, count: count)) { $0[$1.item] = $1.report }
    }
}
