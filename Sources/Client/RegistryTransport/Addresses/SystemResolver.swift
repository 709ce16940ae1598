// SPDX-License-Identifier: Apache-2.0

import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Resolves names as this machine does: with its hosts file, its name servers and its order.
enum SystemResolver {
    /// - Throws: `NameUnknownError` if there is no address.
    static func addresses(of host: String) async throws -> [String] {
        // The system's call blocks, for seconds if a name server is down, so it must not run on an event loop.
        try await NIOThreadPool.singleton.runIfActive { try ask(host) }
    }

    private static func ask(_ host: String) throws -> [String] {
        var hints = addrinfo()
        hints.ai_flags = AI_ADDRCONFIG
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { throw NameUnknownError() }
        defer { freeaddrinfo(first) }
        return sequence(first: first) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap(numeric)
    }

    private static func numeric(_ info: UnsafeMutablePointer<addrinfo>?) -> String? {
        guard let info, let address = info.pointee.ai_addr else { return nil }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let length = socklen_t(text.count)
        guard getnameinfo(address, info.pointee.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A name has no address.
struct NameUnknownError: Error {}
