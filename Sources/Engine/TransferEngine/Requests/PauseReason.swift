// SPDX-License-Identifier: Apache-2.0

/// Why nothing is sent to a store for a while.
package enum PauseReason: Sendable, Hashable {
    /// It said that it is asked too much.
    case asked
    /// It answered before, and answers nothing but errors now.
    case outage
}
