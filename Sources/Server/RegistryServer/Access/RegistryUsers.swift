// SPDX-License-Identifier: Apache-2.0

import Crypto
import NIOCore
import NIOHTTP1
import OCI

/// The users of a registry with their passwords, and whether others may read.
package struct RegistryUsers: Sendable {
    private let passwords: [String: String]
    /// Whether reading needs no login.
    package let everybodyPulls: Bool

    package init(passwords: [String: String], everybodyPulls: Bool = false) {
        self.passwords = passwords
        self.everybodyPulls = everybodyPulls
    }

    /// Whether the password is the user's. The time does not depend on what is wrong. An empty name or password is
    /// never accepted.
    package func accept(_ user: String, password: String) -> Bool {
        let expected = passwords[user]
        // Hashes of equal length, compared in constant time by the library.
        let isEqual = SHA256.hash(data: Array(password.utf8)) == SHA256.hash(data: Array((expected ?? "").utf8))
        return isEqual && expected != nil && !user.isEmpty && !password.isEmpty
    }

    /// The user of a request with Basic credentials.
    func user(of request: RegistryRequest) -> BasicOutcome {
        guard let header = request.headers.first(name: "authorization") else { return .anonymous }
        guard let pair = Self.basicCredentials(header), accept(pair.user, password: pair.password) else {
            return .refused
        }
        return .accepted(pair.user)
    }

    enum BasicOutcome: Equatable {
        case anonymous
        case accepted(String)
        case refused
    }

    /// Reads `Basic base64(user:password)` (RFC 7617).
    private static func basicCredentials(_ header: String) -> (user: String, password: String)? {
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "basic",
            let bytes = Base64.decode(String(words[1].drop { $0 == " " }))
        else { return nil }
        let halves = String(decoding: bytes, as: UTF8.self).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return halves.count == 2 ? (String(halves[0]), String(halves[1])) : nil
    }
}

extension RegistryRequest {
    /// Whether this request needs no login if `everybodyPulls` is set. The ping is not such a request: its 401 tells
    /// clients that there are users.
    var isPull: Bool {
        guard method == .GET || method == .HEAD else { return false }
        switch RegistryRoute(path: path) {
        case .manifest, .blob, .tags, .referrers: return true
        case .base, .catalog, .uploads, .upload, .invalidName, .unknown: return false
        }
    }
}

extension RegistryError {
    static func unauthorized(_ challenge: String) -> RegistryError {
        RegistryError(
            .unauthorized, .unauthorized, "authentication required", headers: ["WWW-Authenticate": challenge])
    }
}
