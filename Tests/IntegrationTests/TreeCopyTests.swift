// SPDX-License-Identifier: Apache-2.0

import Testing

/// `cp -a` and `cp -r` where something of the target's own, or of the source's, would be lost.
@Suite struct TreeCopyTests {
    private func digest(_ image: String) async throws -> String {
        try #require(try await Tool.transship("digest", image).lines.first)
    }

    /// Puts seeded images elsewhere.
    private func place(_ images: [(shape: String, place: String)], from source: Peer) async throws {
        for (shape, place) in images {
            let copy = try await Tool.transship("cp", "\(source.address)/shapes/\(shape):v1", place)
            try #require(copy.status == 0, "\(copy)")
        }
    }

    private func seeded() async throws -> Peer {
        let peer = try await Peer.embedded()
        try await Tool.seed(peer.address, "--set", "shapes")
        return peer
    }

    @Test(arguments: ["-a", "-r"])
    func `a signature that the target keeps is told, and the copy does not end well unless that was wanted`(
        way: String
    ) async throws {
        let (source, target) = (try await seeded(), try await Peer.embedded())
        let tag = "sha256-\(try await digest("\(source.address)/shapes/oci:v1").dropFirst("sha256:".count)).sig"
        let (from, to) = ("\(source.address)/team/app", "\(target.address)/team/app")
        try await place([("oci", "\(from):v1"), ("zstd", "\(from):\(tag)"), ("docker", "\(to):\(tag)")], from: source)
        let (offered, own) = (try await digest("\(from):\(tag)"), try await digest("\(to):\(tag)"))

        let careful = try await Tool.transship("cp", way, from, to)
        #expect(careful.status == 1, "\(careful)")
        #expect(careful.errors.contains("kept \(to):\(tag): it is \(own), the source has \(offered)"), "\(careful)")
        #expect(careful.errors.contains("2 images: 1 copied, 1 kept"), "\(careful)")
        #expect(careful.errors.contains("Error: 1 of 2 images were not copied"), "\(careful)")
        #expect(try await digest("\(to):\(tag)") == own)

        let wanted = try await Tool.transship("cp", way, "--no-clobber", from, to)
        #expect(wanted.status == 0 && !wanted.errors.contains("kept"), "\(wanted)")
        let replacing = try await Tool.transship("cp", way, "--overwrite-signatures", from, to)
        #expect(replacing.status == 0, "\(replacing)")
        #expect(try await digest("\(to):\(tag)") == offered)
    }

    @Test func `a tree is not copied into itself where an image would be lost before it is read`() async throws {
        let peer = try await seeded()
        let tree = "\(peer.address)/tree"
        try await place([("oci", "\(tree):1"), ("zstd", "\(tree)/below:1")], from: peer)
        let before = try await digest("\(tree)/below:1")

        let refused = try await Tool.transship("cp", "-r", tree, "\(tree)/below")
        #expect(refused.status == 1, "\(refused)")
        let reason = "\"\(tree)/below:1\" is read here and written by the copy of \"\(tree):1\""
        #expect(refused.errors.contains(reason) && !refused.errors.contains("Copying"), "\(refused)")
        #expect(try await digest("\(tree)/below:1") == before)

        // Tags that exist stay, so that nothing is lost.
        let careful = try await Tool.transship("cp", "-r", "--no-clobber", tree, "\(tree)/below")
        #expect(careful.status == 0, "\(careful)")
        #expect(try await digest("\(tree)/below/below:1") == before)
        #expect(try await digest("\(tree)/below:1") == before)
    }
}
