// SPDX-License-Identifier: Apache-2.0

import Foundation
import ProtocolCases
import Testing

/// A run that is killed loses nothing that had arrived.
@Suite struct ResumeTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test(.covers("L24"), arguments: [2, 5, 9])
    func `after kill -9 in a large layer the next run sends only what is missing`(
        piece: Int
    ) async throws {
        let (source, target) = (try await Peer.embedded(), try await Peer.embedded())
        let list = "\(scratch.path)/images.txt"
        try await Tool.seed(source.address, "--set", "huge", "--scale", "0.01", "--images-file", list)
        let arguments = [
            "batch", list, "--to", target.address, "--map", "repository", "--chunk-size", "1MiB", "--journal",
            "\(scratch.path)/journal", "--verbose",
        ]
        let pieces = 16
        // When piece N + 1 is announced, N pieces have been acknowledged and written down.
        // Slow enough that the run cannot be over before the signal is there.
        let killed = try await Tool.signalled(SIGKILL, arguments + ["--limit-rate", "1MiB"], atLine: piece + 1) {
            $0.contains("--> PATCH")
        }
        #expect(killed.status == SIGKILL, "\(killed)")

        let next = try await Tool.run(Tool.products.appending(path: "transship").path, arguments)
        #expect(next.status == 0, "\(next)")
        #expect(next.errors.contains("where an earlier run stopped"), "\(next)")
        let sent = next.errors.split(separator: "\n").count { $0.contains("--> PATCH") }
        #expect(sent <= pieces - piece && sent > 0, "\(sent) pieces")

        let line = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").first.map(String.init)
        let image = try #require(line)
        let copy = target.address + image.drop { $0 != "/" }
        let proof = try await Tool.transship("verify", image, copy, "--verify", "diffid")
        #expect(proof.status == 0, "\(proof)")
    }
}
