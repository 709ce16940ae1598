// SPDX-License-Identifier: Apache-2.0

import OCI

// Tags that are derived from a digest: how they are made and recognized.

extension ReferrerList {
    /// The fallback tag for a list of referrers, for registries without the referrers API (distribution-spec, "Referrers
    /// Tag Schema").
    static func tag(for digest: Digest) -> Tag? { try? Tag(String(base(digest).prefix(128))) }

    /// `sha256-<hex>.sig` and so on (sigstore/cosign, specs/SIGNATURE_SPEC.md).
    static func cosignTags(for digest: Digest) -> [Tag] {
        cosignEndings.compactMap { try? Tag("\(base(digest)).\($0)") }
    }

    fileprivate static let cosignEndings = ["sig", "att", "sbom"]

    private static func base(_ digest: Digest) -> String { digest.text.split(separator: ":").joined(separator: "-") }
}

extension Tag {
    /// Whether cosign stores signatures, attestations or SBOMs of a digest under this tag.
    var isSignature: Bool {
        guard let dot = name.lastIndex(of: "."), Self.digest(in: name[..<dot]) != nil else { return false }
        return ReferrerList.cosignEndings.contains { $0 == name[name.index(after: dot)...] }
    }

    /// The manifest that the tag lists the referrers of.
    var listedSubject: Digest? { Self.digest(in: name[...]) }

    private static func digest(in name: Substring) -> Digest? {
        guard let dash = name.firstIndex(of: "-") else { return nil }
        return try? Digest("\(name[..<dash]):\(name[name.index(after: dash)...])")
    }
}
