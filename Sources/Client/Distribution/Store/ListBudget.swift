// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Waiting

/// The memory of all lists of a run: the names that are kept, and the page that is being read.
///
/// Pages of usual size are read concurrently. A larger page is read alone. Few registries send everything at once, and such
/// pages take several times their size while they are parsed.
final class ListBudget: Sendable {
    /// The limit for all names, in bytes.
    let limit: Int
    private let taken = Mutex(0)
    private let pages = Turns<Page>()

    private enum Page { case large }

    /// Bytes. A thousand tags with the longest names take about 130 KiB.
    static let usualPage = 512 << 10

    init(limit: Int) { self.limit = limit }

    /// Bytes of the largest page. A page of short names takes four times its size while it is parsed.
    var largestPage: Int { max(Self.usualPage, min(32 << 20, limit / 4)) }

    /// Keeps a name.
    ///
    /// - Returns: false if there is no room for it.
    func keep(_ name: String) -> Bool { keep(name.utf8.count + Self.overhead) }

    func keep(_ bytes: Int) -> Bool {
        taken.withLock { taken in
            guard bytes <= limit - taken else { return false }
            taken += bytes
            return true
        }
    }

    /// Releases names whose list failed.
    func drop(_ names: [String]) {
        let bytes = names.reduce(0) { $0 + $1.utf8.count + Self.overhead }
        taken.withLock { $0 -= bytes }
    }

    /// Bytes that a name takes besides its text: its entries in a list and in two sets.
    private static let overhead = 96

    /// Reads a large page while no other large page is being read.
    func alone<Value, Failure>(_ read: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        try await pages.alone(.large, read)
    }
}
