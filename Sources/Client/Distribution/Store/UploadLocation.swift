// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryTransport

/// The URL for an upload session's next request.
struct UploadLocation {
    struct Refusal: Error { let reason: String }

    /// Resolves a `Location` against the URL that answered, and checks that it may be used.
    static func resolve(_ location: String?, from url: WireURL, policy: HopPolicy) throws(Refusal) -> WireURL {
        guard let location, !location.isEmpty else { throw Refusal(reason: "missing Location header") }
        let next: WireURL
        do { next = try url.resolving(location) } catch {
            throw Refusal(reason: "the Location is not usable: \(error)")
        }
        do { _ = try policy.reach(of: next, from: url.origin) } catch {
            throw Refusal(reason: "the Location \(next.origin) is not used: \(error)")
        }
        return next
    }
}
