// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A program, such as a server, that runs until `end` is called. Its output after the first line is not read, so it must
/// print little.
///
/// Its standard input is a pipe that ends when this process ends in any way. A program that reads it can end then, too: a
/// signal that ends this process at once leaves no time for `end`.
package struct RunningProgram: Sendable {
    private let process: SpawnedProcess

    /// - Throws: if the system cannot start the program. Its limits do not apply.
    package init(starting program: OutsideProgram) throws(ProgramFailure) {
        process = try SpawnedProcess.start(program, holdsInput: true)
    }

    /// Its process id.
    package var id: Int { Int(process.id) }

    /// The first line on its standard output, without its end.
    ///
    /// - Throws: if the program ends first, or takes longer than `limit`.
    package func firstLine(within limit: Duration) async throws(ProgramFailure) -> String {
        let result = await withCheckedContinuation { continuation in
            detachThread { continuation.resume(returning: Self.awaitLine(process.output, within: limit)) }
        }
        return try result.get()
    }

    private static func awaitLine(_ end: Int32, within limit: Duration) -> Result<String, ProgramFailure> {
        let deadline = ContinuousClock.now + limit
        var (line, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
        while ContinuousClock.now < deadline, line.count < buffer.count {
            var polled = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            // Checks the clock ten times per second.
            _ = poll(&polled, 1, 100)
            guard let bytes = Pipe.readAvailable(end, into: &buffer) else {
                return .failure(.notStarted("it ended without saying anything"))
            }
            line += bytes
            if let newline = line.firstIndex(of: UInt8(ascii: "\n")) {
                return .success(String(decoding: line[..<newline], as: UTF8.self))
            }
        }
        return .failure(.timedOut(limit))
    }

    /// Kills the program and its child processes, and waits until it has exited. To be called once.
    package func end() async {
        await withCheckedContinuation { continuation in
            detachThread {
                process.endGroup()
                _ = process.reap()
                continuation.resume()
            }
        }
    }
}
