// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Prepares generic classes that a server's event loops use at the same time, as soon as clients connect.
///
/// Swift 6.3's runtime can crash if two threads request such a type for the first time (see `PreparedTypes` of the
/// client, where this crash was seen). So one thread requests the types before the server listens.
package enum PreparedDecoders {
    private static let types: [Any.Type] = [
        HTTPRequestDecoder.self, ByteToMessageHandler<HTTPRequestDecoder>.self,
    ]

    package static func prepare() { precondition(!types.isEmpty) }
}
