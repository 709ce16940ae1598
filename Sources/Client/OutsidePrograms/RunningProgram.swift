// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A program that runs beside this one until it is ended, such as a server. What it prints after its first line is not
/// read: for programs that print little.
package struct RunningProgram: Sendable {
    private let process: SpawnedProcess

    /// - Throws: where the system does not start it. Its limits do not apply.
    package init(starting program: OutsideProgram) throws(ProgramFailure) {
        process = try SpawnedProcess.start(program)
    }

    /// Its process.
    package var id: Int { Int(process.id) }

    /// The first line on its standard output, without its end.
    ///
    /// - Throws: where it ends first, or takes longer than `limit`.
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
            // Looks at the clock ten times a second.
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

    /// Ends it and everything it started, and waits until it is gone. To be called once.
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
