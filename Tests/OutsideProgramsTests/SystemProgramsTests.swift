// SPDX-License-Identifier: Apache-2.0

import OutsidePrograms
import ProtocolCases
import Testing

@Suite struct SystemProgramsTests {
    private func shell(_ script: String, input: String = "") -> OutsideProgram {
        OutsideProgram(
            path: "/bin/sh", arguments: ["-c", script], variables: ["PATH": "/usr/bin:/bin"], input: Array(input.utf8))
    }

    private func run(_ program: OutsideProgram) async throws -> ProgramResult {
        try await SystemPrograms().run(program)
    }

    private func failure(_ program: OutsideProgram) async -> ProgramFailure? {
        do throws(ProgramFailure) {
            _ = try await SystemPrograms().run(program)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what a program reads, writes and ends with is told`() async throws {
        let result = try await run(shell("cat; echo oops >&2; exit 3", input: "registry.example"))
        #expect(result.ending == .exit(3))
        #expect(String(decoding: result.output, as: UTF8.self) == "registry.example")
        #expect(String(decoding: result.errors, as: UTF8.self) == "oops\n")
        #expect(!result.succeeded)
    }

    @Test func `a program gets the variables it is given and no others`() async throws {
        let result = try await run(
            OutsideProgram(path: "/usr/bin/env", variables: ["A": "1", "B": "two words"]))
        #expect(String(decoding: result.output, as: UTF8.self) == "A=1\nB=two words\n")
    }

    @Test func `arguments reach a program as they are`() async throws {
        let program = OutsideProgram(path: "/bin/echo", arguments: ["$(id)", "a b", ";"])
        #expect(try await run(program).output == Array("$(id) a b ;\n".utf8))
    }

    @Test(.covers("S15")) func `a program that hangs is ended`() async throws {
        var program = shell("sleep 600 & exec sleep 600")
        program.limits.time = .milliseconds(200)
        #expect(await failure(program) == .timedOut(.milliseconds(200)))
    }

    @Test func `a program that never stops writing errors is ended all the same`() async throws {
        var program = shell("exec yes >&2")
        program.limits.time = .milliseconds(200)
        #expect(await failure(program) == .timedOut(.milliseconds(200)))
    }

    @Test(.covers("S15")) func `a program that prints 10 MiB is ended at its limit`() async throws {
        #expect(await failure(shell("head -c 10485760 /dev/zero; sleep 600")) == .tooMuchOutput(limit: 64 << 10))
    }

    @Test func `of 10 MiB of errors the beginning is kept`() async throws {
        let result = try await run(shell("head -c 10485760 /dev/zero >&2; echo done"))
        #expect(result.errors.count == 4 << 10)
        #expect(result.output == Array("done\n".utf8))
    }

    @Test func `a grandchild that holds the pipes is not waited for`() async throws {
        // Were it waited for, the limit would end the program.
        var program = shell("sleep 100 & echo answer")
        program.limits.time = .seconds(60)
        let result = try await run(program)
        #expect(result.output == Array("answer\n".utf8))
        #expect(result.succeeded)
    }

    @Test func `a program that closes its output and goes on is waited for`() async throws {
        let result = try await run(shell("echo answer; exec >&- 2>&-; read line; exit 4"))
        #expect(result.ending == .exit(4))
        #expect(result.output == Array("answer\n".utf8))
    }

    @Test func `a program that does not read its input loses nothing`() async throws {
        let result = try await run(shell("exec <&-; echo fine", input: String(repeating: "x", count: 4000)))
        #expect(result.output == Array("fine\n".utf8))
    }

    @Test func `a program ended by a signal is told apart`() async throws {
        #expect(try await run(shell("kill -TERM $$")).ending == .signal(15))
    }

    @Test func `a program that is not there is not started`() async throws {
        #expect(await failure(OutsideProgram(path: "/nonexistent/helper")) == .notStarted("No such file or directory"))
    }

    @Test func `input that no pipe holds is refused before the start`() async throws {
        let failure = await failure(shell("cat", input: String(repeating: "x", count: 4 << 20)))
        guard case .notStarted(let reason) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(reason.contains("does not fit"))
    }

    @Test func `cancelling ends the program`() async throws {
        var program = shell("exec sleep 600")
        program.limits.time = .seconds(500)
        let task = Task { [program] in await self.failure(program) }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test func `forty programs at once all answer`() async throws {
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<40 { group.addTask { try await run(shell("cat", input: "\(number)")).output } }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(answers.count == 40)
    }

    @Test func `programs are found by name in absolute folders only`() {
        let programs = SystemPrograms()
        #expect(programs.find("sh", in: "/nonexistent:/bin:/usr/bin") == "/bin/sh")
        #expect(programs.find("sh", in: "bin:.::") == nil)
        #expect(programs.find("bin/sh", in: "/") == nil)
        #expect(programs.find("passwd", in: "/etc") == nil)
        #expect(programs.find("nonexistent-program", in: "/bin") == nil)
    }
}
