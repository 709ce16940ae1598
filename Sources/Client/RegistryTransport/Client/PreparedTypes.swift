// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Generic classes that several event loops use concurrently, as soon as they have connections.
///
/// Swift 6.3's runtime can crash if two threads request such a type for the first time: one of them reads the superclass of
/// a type that the other one has not completed (`swift_conformsToProtocolMaybeInstantiateSuperclasses` with a null pointer;
/// seen with Swift 6.3.1 in a run behind a proxy, on a busy machine). Therefore one thread requests them before there are
/// connections.
enum PreparedTypes {
    /// Initialized once; concurrent callers wait.
    private static let types: [Any.Type] = [
        HTTPResponseDecoder.self, ByteToMessageHandler<HTTPResponseDecoder>.self,
    ]

    static func prepare() { precondition(!types.isEmpty) }
}
