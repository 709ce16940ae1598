// SPDX-License-Identifier: Apache-2.0

import OCI

/// A message to a page, sent as a server-sent event.
struct LiveEvent: Sendable, Hashable {
    enum Kind: String, Sendable {
        /// Something has changed. The data is what has changed.
        case state
        /// The run has ended.
        case end
        /// The page belongs to another run and has to be loaded again.
        case reload
    }

    var kind: Kind
    var place: LivePlace
    var data: JSON

    /// The text on the wire. JSON text contains no line end, so one line of data is enough.
    var text: String { "id: \(place)\nevent: \(kind.rawValue)\ndata: \(data.text)\n\n" }

    /// The beginning of a stream: a browser that loses the connection tries again after 2 seconds.
    static let beginning = "retry: 2000\n\n"
}
