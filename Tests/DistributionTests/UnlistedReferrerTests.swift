// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import ProtocolCases
import RegistryTransport
import Testing

/// A registry that takes what refers to a manifest, and may not list it.
@Suite struct UnlistedReferrerTests {
    private let image = StageImage(layers: [700])

    private var referrer: StageImage {
        let about = StageImage.json(descriptor(of: image.root), image.root.mediaType.essence)
        return StageImage(layers: [100], seed: 11, more: #","subject":\#(about)"#)
    }

    /// Stores the referrer, and asks for the list before and after.
    private func leavesOut(naming subject: String?, listing entries: [StageImage]) async throws -> Bool {
        let list = String(decoding: StageImage(index: entries).root.bytes, as: UTF8.self)
        let wire = ScriptedTransport { request in
            if request.url.path == "/v2/" { return .ok }
            guard request.method != .put else {
                var headers: WireHeaders = [:]
                headers["OCI-Subject"] = subject
                headers["Docker-Content-Digest"] = self.referrer.root.digest.text
                return ScriptedTransport.Answer(status: 201, headers: headers)
            }
            return ScriptedTransport.Answer(
                status: 200, headers: ["Content-Type": MediaType.ociIndex.essence], body: list)
        }
        let store = try RegistryNetwork(wire).store("r.io", as: .target)
        let root = referrer.root
        #expect(!store.leavesOutReferrers(in: .app))
        try await store.put(root, as: root.mediaType, at: .digest(root.digest), in: .app)
        #expect(!store.leavesOutReferrers(in: .app), "whether it lists at all is not known yet")
        _ = try await store.referrers(of: image.root.digest, in: .app)
        return store.leavesOutReferrers(in: .app)
    }

    @Test(.covers("R05"))
    func `its answer without the subject and its list without the manifest show that it does not`()
        async throws
    {
        let subject = image.root.digest.text
        #expect(try await leavesOut(naming: nil, listing: []))
        #expect(try await leavesOut(naming: referrer.root.digest.text, listing: []))
        #expect(try await !leavesOut(naming: subject, listing: []))
        #expect(try await !leavesOut(naming: nil, listing: [referrer]))
    }
}
