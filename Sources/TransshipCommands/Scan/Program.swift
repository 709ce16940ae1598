#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Other programs, run to their end.
enum Program {
    struct Result: Sendable {
        let status: Int32
        let output: [UInt8]
        let error: [UInt8]
    }

    struct Failure: Error {
        let message: String
    }

    /// Runs a program with nothing on its standard input.
    ///
    /// - Parameter name: looked for in `PATH` of `environment`, unless it has a slash.
    static func run(_ name: String, _ arguments: [String], environment: [String: String]) throws(Failure) -> Result {
        guard let path = find(name, in: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin") else {
            throw Failure(message: "no such program in PATH")
        }
        let output = try Pipe()
        let error = try Pipe()
        let process = try spawn(path, [name] + arguments, environment, output, error)
        let (outputBytes, errorBytes) = drain(output.reading, error.reading)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        // Ended by itself, or by a signal: then as a shell says it.
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return Result(status: code, output: outputBytes, error: errorBytes)
    }

    private static func find(_ name: String, in path: String) -> String? {
        if name.contains("/") { return name }
        return path.split(separator: ":").map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }

    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() throws(Failure) {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw Failure(message: String(cString: strerror(errno))) }
            (reading, writing) = (ends[0], ends[1])
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String: String], _ output: Pipe, _ error: Pipe
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, error.writing, 2)
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, path, &actions, nil, &words, &variables)
        close(output.writing)
        close(error.writing)
        guard code == 0 else {
            close(output.reading)
            close(error.reading)
            throw Failure(message: String(cString: strerror(code)))
        }
        return process
    }

    /// Reads both until their ends, whichever has something: a program that waits for one of them must not stop.
    private static func drain(_ first: Int32, _ second: Int32) -> ([UInt8], [UInt8]) {
        var bytes: [[UInt8]] = [[], []]
        var polls = [first, second].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while polls.contains(where: { $0.fd >= 0 }) {
            guard poll(&polls, 2, -1) >= 0 || errno == EINTR else { break }
            for index in 0..<2 where polls[index].fd >= 0 && polls[index].revents != 0 {
                let count = read(polls[index].fd, &buffer, buffer.count)
                if count > 0 { bytes[index] += buffer[..<count] }
                if count == 0 || (count < 0 && errno != EINTR) {
                    close(polls[index].fd)
                    polls[index].fd = -1
                }
            }
        }
        return (bytes[0], bytes[1])
    }
}

/// The machine's processors that this process may use.
enum Processors {
    static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
