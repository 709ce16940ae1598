// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI
import Testing

@Suite struct ContentHashTests {
    @Test(arguments: [
        (Digest.Algorithm.sha256, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (
            .sha512,
            "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f"
                + "63b931bd47417a81a538327af927da3e"
        ),
    ])
    func `knows the digest of nothing`(algorithm: Digest.Algorithm, digest: String) {
        #expect(ContentHash(algorithm).finish().text == digest)
        #expect(ContentHash.digest(of: [], algorithm).text == digest)
    }

    @Test func `knows the digest of the empty config`() {
        let digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        #expect(ContentHash.digest(of: "{}".utf8).text == digest)
    }

    @Test(arguments: Digest.Algorithm.allCases)
    func `does not depend on how the bytes are cut`(algorithm: Digest.Algorithm) {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var hash = ContentHash(algorithm)
        for start in stride(from: 0, to: bytes.count, by: 333) {
            hash.update(ByteBuffer(bytes: bytes[start..<min(start + 333, bytes.count)]))
        }
        #expect(hash.finish() == ContentHash.digest(of: bytes, algorithm))
        #expect(hash.finish() == ContentHash.digest(of: AnySequence(bytes), algorithm))
    }

    @Test func `goes on from a copy without changing the original`() {
        var first = ContentHash(.sha256)
        first.update(ByteBuffer(string: "a"))
        var second = first
        second.update(ByteBuffer(string: "b"))
        #expect(first.finish() == ContentHash.digest(of: "a".utf8))
        #expect(second.finish() == ContentHash.digest(of: "ab".utf8))
    }
}
