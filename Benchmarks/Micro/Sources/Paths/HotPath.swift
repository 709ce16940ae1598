// SPDX-License-Identifier: Apache-2.0

/// Work that computes and waits for nothing, so that each run of it takes the same instructions.
package struct HotPath: Sendable {
    package let name: String
    /// Makes what the work needs, and returns the work.
    package let prepare: @Sendable () throws -> () throws -> Void

    package static let all = [parsing, manifestDecoding, indexDecoding, scheduling]

    /// For results that nobody needs, so that the compiler cannot leave out what computed them.
    @inline(never)
    static func keep<Value>(_ value: borrowing Value) {}
}
