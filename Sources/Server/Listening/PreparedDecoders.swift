// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Generic classes that a server's event loops make use of at the same time, as soon as clients connect.
///
/// Swift 6.3's runtime can crash where two threads ask for such a type for the first time (see `PreparedTypes` of the client, where it
/// was seen). So one thread asks for them before anything listens.
package enum PreparedDecoders {
    private static let types: [Any.Type] = [
        HTTPRequestDecoder.self, ByteToMessageHandler<HTTPRequestDecoder>.self,
    ]

    package static func prepare() { precondition(!types.isEmpty) }
}
