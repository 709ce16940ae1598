import Foundation
import Testing

/// What scripts see of this program in gcrane's place, line by line.
///
/// With `TRANSCRIPT_PROGRAMS=DIR` the shared transcripts are played with the `gcrane` and `crane` of that folder: they must
/// pass for the originals too. With `TRANSCRIPT_RECORD=DIR` what is played is written there.
@Suite struct TranscriptTests {
    private static let isOriginal = ProcessInfo.processInfo.environment["TRANSCRIPT_PROGRAMS"] != nil

    @Test(arguments: Transcript.all("Shared"))
    func `says and does what gcrane does`(transcript: Transcript) async throws { try await play(transcript) }

    @Test(.disabled(if: isOriginal), arguments: Transcript.all("Own"))
    func `says and does its own where it is meant to differ`(transcript: Transcript) async throws {
        try await play(transcript)
    }

    private func play(_ transcript: Transcript) async throws {
        var played = ""
        try await Stage.with { stage in
            for step in transcript.steps {
                let lines = try await stage.play(step.command)
                played += (["$ " + step.command] + lines).joined(separator: "\n") + "\n\n"
                #expect(lines == step.expected(ofOriginal: Self.isOriginal), "\(step.command)")
            }
        }
        guard let folder = ProcessInfo.processInfo.environment["TRANSCRIPT_RECORD"] else { return }
        try Data(played.utf8).write(to: URL(filePath: "\(folder)/\(transcript.name).txt"))
    }

    @Test func `there are enough of them`() {
        #expect((Transcript.all("Shared") + Transcript.all("Own")).flatMap(\.steps).count >= 60)
    }
}
