// SPDX-License-Identifier: Apache-2.0

import OCI

/// Something that a page is told, as server-sent events have it.
struct LiveEvent: Sendable, Hashable {
    enum Kind: String, Sendable {
        /// What has changed.
        case state
        /// The run has ended.
        case end
        /// The page belongs to another run.
        case reload
    }

    var kind: Kind
    var place: LivePlace
    var data: JSON

    /// The text on the wire. JSON holds no line end, so that one line of data is enough.
    var text: String { "id: \(place)\nevent: \(kind.rawValue)\ndata: \(data.text)\n\n" }

    /// Said first: how soon a browser that lost the connection tries again.
    static let beginning = "retry: 2000\n\n"
}
