// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

extension HTTPHeaders {
    /// Whether `Host` is absent, or consists of the bytes of one name or address with or without a port.
    ///
    /// Responses repeat `Host` in URLs, so any other value is refused (RFC 9112, section 3.2).
    var hasUsableHost: Bool {
        let fields = self["Host"]
        return fields.count < 2 && fields.allSatisfy { $0.utf8.allSatisfy(Self.isHostByte) }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "-._~:[]%".utf8.contains(byte)
        }
    }
}
