import OCI
import RegistryTransport

/// Where a registry wants an upload session's next request.
struct UploadLocation {
    struct Refusal: Error { let reason: String }

    /// Resolves a `Location` against what answered, and checks that it may be used.
    ///
    /// Behind proxies that end TLS, registries name their own host with http: that is taken for the registry itself.
    static func resolve(_ location: String?, from url: WireURL, policy: HopPolicy) throws(Refusal) -> WireURL {
        guard let location, !location.isEmpty else { throw Refusal(reason: "missing Location header") }
        var next: WireURL
        do { next = try url.resolving(location) } catch {
            throw Refusal(reason: "the Location is not usable: \(error)")
        }
        if next.origin.isPlainSpelling(of: policy.home) { next.origin = policy.home }
        do { _ = try policy.reach(of: next, from: url.origin) } catch {
            throw Refusal(reason: "the Location \(next.origin) is not used: \(error)")
        }
        return next
    }
}

extension WireOrigin {
    /// Whether this is what a registry calls itself that does not know of the TLS in front of it.
    func isPlainSpelling(of home: WireOrigin) -> Bool {
        home.scheme == .https && scheme == .http && host == home.host && [80, home.port].contains(port)
    }
}
