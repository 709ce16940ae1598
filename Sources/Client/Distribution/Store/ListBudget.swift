// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Waiting

/// The memory that the lists of a run take together: the names that were kept, and the page that is being read.
///
/// A page of usual size is read beside others. One that is larger is read alone: the registries that send everything at
/// once are few, and their pages cost several times their size while they are taken apart.
final class ListBudget: Sendable {
    /// Of all names, in bytes.
    let limit: Int
    private let taken = Mutex(0)
    private let pages = Turns<Page>()

    private enum Page { case large }

    /// A thousand tags of the longest names are some 130 KiB.
    static let usualPage = 512 << 10

    init(limit: Int) { self.limit = limit }

    /// Bytes of the largest page. A page of short names takes four times its size while it is taken apart.
    var largestPage: Int { max(Self.usualPage, min(32 << 20, limit / 4)) }

    /// Keeps a name.
    ///
    /// - Returns: false where there is no room for it.
    func keep(_ name: String) -> Bool { keep(name.utf8.count + Self.overhead) }

    func keep(_ bytes: Int) -> Bool {
        taken.withLock { taken in
            guard bytes <= limit - taken else { return false }
            taken += bytes
            return true
        }
    }

    /// Lets go of names: their list failed.
    func drop(_ names: [String]) {
        let bytes = names.reduce(0) { $0 + $1.utf8.count + Self.overhead }
        taken.withLock { $0 -= bytes }
    }

    /// What a text costs besides its bytes: its places in a list and in two sets.
    private static let overhead = 96

    /// Reads a large page while nobody else reads one.
    func alone<Value, Failure>(_ read: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        try await pages.alone(.large, read)
    }
}
