// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutsidePrograms
import Testing

@Suite struct RunningProgramTests {
    private func shell(_ script: String) throws -> RunningProgram {
        try RunningProgram(starting: OutsideProgram(path: "/bin/sh", arguments: ["-c", script]))
    }

    @Test func `its first line is read while it goes on, and it is gone once it was ended`() async throws {
        let program = try shell("echo $$; echo more; exec tail -f /dev/null")
        #expect(try await program.firstLine(within: .seconds(60)) == "\(program.id)")
        await program.end()
        #expect(kill(pid_t(program.id), 0) != 0)
    }

    @Test func `one that ends without a word is said to`() async throws {
        let program = try shell("true")
        await #expect(throws: ProgramFailure.notStarted("it ended without saying anything")) {
            try await program.firstLine(within: .seconds(60))
        }
        await program.end()
    }
}
