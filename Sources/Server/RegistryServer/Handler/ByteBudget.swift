// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number of bytes that requests share.
final class ByteBudget: Sendable {
    private let free: Mutex<Int>

    init(_ bytes: Int) { free = Mutex(bytes) }

    /// Reserves bytes, all or none.
    ///
    /// - Returns: false if fewer bytes are left.
    func take(_ bytes: Int) -> Bool {
        free.withLock { free in
            guard bytes <= free else { return false }
            free -= bytes
            return true
        }
    }

    /// Returns reserved bytes.
    func give(_ bytes: Int) { free.withLock { $0 += bytes } }
}
