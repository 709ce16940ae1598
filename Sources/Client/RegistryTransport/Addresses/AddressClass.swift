// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The reachability class of an address. A registry on the internet must not redirect this program to an internal address.
package enum AddressClass: Sendable, Hashable {
    case everywhere
    /// RFC 1918, carrier-grade NAT and unique local IPv6.
    case privateNetwork
    case loopback
    /// Addresses that are never a peer of a registry client: cloud metadata services, link-local addresses (where most of
    /// those are), and unspecified, multicast and reserved addresses.
    case forbidden
}

extension AddressClass {
    /// The class of a host as written in a URL; nil for a name that only a resolver can classify.
    ///
    /// IPv4 is recognised in every spelling that `inet_aton` accepts, because the resolver accepts them too: `2130706433`,
    /// `0x7f.1`.
    package init?(host: String) {
        if let literal = Self(address: host) {
            self = literal
        } else if let named = Self.knownNames[Self.withoutTrailingDot(host)] {
            self = named
        } else if Self.withoutTrailingDot(host).hasSuffix(".localhost") {
            self = .loopback
        } else {
            return nil
        }
    }

    /// The class of a host that is an address, in any spelling; nil for names.
    init?(address host: String) {
        if host.hasPrefix("[") {
            self.init(literal: String(host.dropFirst().dropLast()))
        } else if let address = Self.ipv4(host) {
            self.init(ipv4: address)
        } else {
            return nil
        }
    }

    /// The class of a connection's actual address.
    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else { return nil }
        self.init(literal: text)
    }

    /// The class of an address in its usual spelling, IPv6 without brackets; nil if the text is not an address.
    init?(literal text: String) {
        if let address = Self.ipv4(text) {
            self.init(ipv4: address)
            return
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        self.init(ipv6: bytes)
    }

    private static let knownNames: [String: AddressClass] = [
        "localhost": .loopback, "ip6-localhost": .loopback, "ip6-loopback": .loopback,
        "metadata.google.internal": .forbidden, "metadata": .forbidden, "instance-data": .forbidden,
    ]

    private static func withoutTrailingDot(_ host: String) -> String {
        host.hasSuffix(".") ? String(host.dropLast()) : host
    }

    /// Metadata services whose addresses would otherwise be public or private.
    private static let metadataServices: Set<UInt32> = [
        0xA83F_8110,  // 168.63.129.16, Azure's platform (learn.microsoft.com, "What is IP address 168.63.129.16?")
        0x6464_64C8,  // 100.100.100.200, Alibaba Cloud (alibabacloud.com, "View instance metadata")
    ]

    /// The same for unique local IPv6, with their whole prefixes.
    private static let metadataPrefixes: [[UInt8]] = [
        [0xFD, 0x00, 0x0E, 0xC2],  // fd00:ec2::254, AWS ("Use the Instance Metadata Service")
        [0xFD, 0x20, 0x00, 0xCE],  // fd20:ce::254, Google Cloud ("Metadata server endpoints")
        [0xFD, 0x00, 0x00, 0x42],  // fd00:42::42, Scaleway (cloud-init, DataSourceScaleway)
    ]

    private init(ipv4 address: UInt32) {
        // 192.0.0.0/24 contains no hosts (RFC 6890 §2.2.2), and Oracle Cloud had its metadata service at 192.0.0.192 ("OCI
        // Classic: Retrieving Instance Metadata").
        if Self.metadataServices.contains(address) || address >> 8 == 0xC0_0000 {
            self = .forbidden
            return
        }
        switch (address >> 24, address >> 16 & 0xFF) {
        case (127, _): self = .loopback
        case (10, _), (172, 16...31), (192, 168), (100, 64...127), (198, 18...19): self = .privateNetwork
        case (0, _), (169, 254), (224..., _): self = .forbidden
        default: self = .everywhere
        }
    }

    private init(ipv6 bytes: [UInt8]) {
        let last = bytes.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let isTranslated = bytes.prefix(4) == [0, 0x64, 0xFF, 0x9B]
        if isMapped || isTranslated || Self.isStateless(bytes) {
            self.init(ipv4: last)
        } else if bytes.starts(with: [0x20, 0x02]) {
            self.init(ipv4: bytes[2..<6].reduce(0) { $0 << 8 | UInt32($1) })  // 6to4 (RFC 3056 §2)
        } else if bytes.prefix(12).allSatisfy({ $0 == 0 }) {
            self = last == 1 ? .loopback : .forbidden
        } else if Self.metadataPrefixes.contains(where: bytes.starts) {
            self = .forbidden
        } else if bytes[0] & 0xFE == 0xFC {
            self = .privateNetwork
        } else {
            self = bytes[0] == 0xFF || (bytes[0] == 0xFE && bytes[1] & 0x80 == 0x80) ? .forbidden : .everywhere
        }
    }

    /// `::ffff:0:0:0/96`, IPv4 addresses of a stateless translator (RFC 2765 §2.1).
    private static func isStateless(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0]
    }

    /// `inet_aton`: one to four parts, each decimal, octal (leading 0) or hexadecimal (0x), the last filling the rest.
    private static func ipv4(_ host: String) -> UInt32? {
        let parts = withoutTrailingDot(host).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        let numbers = parts.compactMap(number)
        guard numbers.count == parts.count, let last = numbers.last else { return nil }
        guard numbers.dropLast().allSatisfy({ $0 <= 255 }), last < 1 << (8 * (5 - UInt64(parts.count))) else {
            return nil
        }
        let head = numbers.dropLast().enumerated().reduce(UInt64(0)) { $0 | $1.element << (24 - 8 * UInt64($1.offset)) }
        return UInt32(head | last)
    }

    private static func number(_ part: Substring) -> UInt64? {
        let text = part.lowercased()
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16) }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return text.hasPrefix("0") && text.count > 1 ? UInt64(text, radix: 8) : UInt64(text)
    }
}
