// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing

@testable import TransferEngine

@Suite struct ReferrerMergeTests {
    private let subject = OCI.Digest(.sha256, hash: [UInt8](repeating: 9, count: 32))
    private var place: ManifestPlace {
        get throws { ManifestPlace(store: "target", repository: try Repository("m/app"), digest: subject) }
    }

    private func list(_ numbers: UInt8...) -> ManifestContent {
        ManifestContent(
            index: .ociIndex(
                of: numbers.map { number in
                    .object([
                        "mediaType": .string("\(MediaType.ociManifest)"), "size": 2,
                        "digest": .string(OCI.Digest(.sha256, hash: [UInt8](repeating: number, count: 32)).text),
                    ])
                }))
    }

    private func merge(_ content: ManifestContent) throws -> ReferrerMerge {
        ReferrerMerge(content, referringTo: subject, at: try place)
    }

    private func put(_ merge: ReferrerMerge) -> ManifestContent? {
        if case .put(let list, _) = merge.step { list } else { nil }
    }

    private func end(_ merge: ReferrerMerge) -> MergedReferrers? {
        if case .done(let merged) = merge.step { merged } else { nil }
    }

    @Test func `a list that the target keeps itself is not written`() throws {
        var merge = try merge(list(1))
        merge.targetListed(list(2), mayLackEntries: false)
        #expect(end(merge)?.list == list(2) && end(merge)?.tag == nil)
    }

    @Test func `an API that lists nothing of what is pushed is believed only where it has every entry`() throws {
        var (having, lacking) = (try merge(list(1)), try merge(list(1)))
        having.targetListed(list(1, 2), mayLackEntries: true)
        lacking.targetListed(list(2), mayLackEntries: true)
        #expect(end(having) != nil && end(lacking) == nil)
    }

    @Test func `a list under the tag is read, written and read again`() throws {
        var merge = try merge(list(2, 1))
        merge.targetListed(nil, mayLackEntries: false)
        try merge.tagRead(list(1))
        #expect(put(merge) == list(1, 2))
        try merge.written()
        #expect(put(merge) == nil && end(merge) == nil)
        try merge.tagRead(list(1, 2))
        #expect(end(merge)?.isWritten == true && end(merge)?.list == list(1, 2) && end(merge)?.tag != nil)
    }

    @Test func `where nothing is under the tag the source's list is put there to the byte`() throws {
        var merge = try merge(list(1))
        merge.targetListed(nil, mayLackEntries: false)
        try merge.tagRead(nil)
        #expect(put(merge)?.bytes == list(1).bytes)
    }

    @Test func `an image under the tag stays as it is`() throws {
        let bytes = Array(#"{"schemaVersion":2,"config":{}}"#.utf8)
        var merge = try merge(list(1))
        merge.targetListed(nil, mayLackEntries: false)
        let image = ManifestContent(bytes: bytes, mediaType: .ociManifest, digest: ContentHash.digest(of: bytes))
        #expect(throws: ContentFailure.self) { try merge.tagRead(image) }
    }

    @Test func `a list that others keep changing is given up after four writes`() throws {
        var merge = try merge(list(1))
        merge.targetListed(nil, mayLackEntries: false)
        for number: UInt8 in 2...5 {
            try merge.tagRead(list(number))
            if number < 5 { try merge.written() }
        }
        #expect(throws: ContentFailure.self) { try merge.written() }
    }
}
