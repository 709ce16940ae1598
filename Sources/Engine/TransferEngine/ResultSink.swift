// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Takes the reports of a run, one after the other, and combines them into the value that the run returns.
///
/// A report of a copy takes some hundred bytes, so a run of a million items cannot keep one for each. Most callers need less: a
/// count, or the failures. Each caller decides here what to keep of a report.
///
/// The value can also be read during the run. An interrupted program waits for its run for a limited time, and then writes
/// down what has ended.
package final class ResultSink<Report, Value: Sendable>: Sendable {
    private let folded: Mutex<Value>
    private let add: @Sendable (inout Value, Report) -> Void

    /// - Parameters:
    ///   - value: the initial value.
    ///   - add: called once for each item that ends, one call after the other, before the observer. A slow function delays
    ///     new items, but no request.
    package init(_ value: Value, add: @escaping @Sendable (inout Value, Report) -> Void) {
        folded = Mutex(value)
        self.add = add
    }

    /// The value of the reports so far.
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
