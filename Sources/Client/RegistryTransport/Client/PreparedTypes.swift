// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Generic classes that event loops make use of at the same time, as soon as their connections stand.
///
/// Swift 6.3's runtime can crash where two threads ask for such a type for the first time: one of them looks at the superclass of what
/// the other has not finished (`swift_conformsToProtocolMaybeInstantiateSuperclasses` with a null pointer; seen with Swift 6.3.1 in a
/// run behind a proxy, on a busy machine). So one thread asks for them before there are connections.
enum PreparedTypes {
    /// Asked for once; whoever comes second waits.
    private static let types: [Any.Type] = [
        HTTPResponseDecoder.self, ByteToMessageHandler<HTTPResponseDecoder>.self,
    ]

    static func prepare() { precondition(!types.isEmpty) }
}
