// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A started program, whose output is read through two pipes. Its standard input is a third one.
///
/// Its process id stays reserved until `reap`. Until then a signal cannot reach another program.
struct SpawnedProcess: Sendable {
    let id: pid_t
    let output: Int32
    let errors: Int32
    /// The end that the program's standard input is written to, while it is held open; -1 afterwards.
    private let input: Int32

    /// Programs are started one at a time. A new pipe can be inherited until it is marked, and a second program that
    /// inherited the first one's input would prevent its end.
    private static let starting = Mutex(())

    /// - Parameter holdsInput: whether the program's standard input stays open until `reap`, or until this process ends in
    ///   any way. Otherwise it ends after `program.input`.
    static func start(
        _ program: OutsideProgram, holdsInput: Bool = false
    ) throws(ProgramFailure) -> SpawnedProcess {
        // Other parts of this process release descriptors soon, when connections end and helpers answer.
        for _ in 0..<50 {
            if let process = try attempt(program, holdsInput) { return process }
            usleep(100_000)
        }
        throw .notStarted("\(systemReason(EMFILE).lowercased()): raise ulimit -n, or lower --connections-per-registry")
    }

    /// - Returns: nil if this process has too many open files.
    private static func attempt(
        _ program: OutsideProgram, _ holdsInput: Bool
    ) throws(ProgramFailure) -> SpawnedProcess? {
        let result = starting.withLock { _ in
            Result { () throws(ProgramFailure) in try SpawnedProcess(program, holdsInput) }
        }
        do throws(ProgramFailure) { return try result.get() } catch {
            guard [EMFILE, ENFILE].map({ ProgramFailure.notStarted(systemReason($0)) }).contains(error) else {
                throw error
            }
            return nil
        }
    }

    private init(_ program: OutsideProgram, _ holdsInput: Bool) throws(ProgramFailure) {
        var pipes: [Pipe] = []
        do throws(ProgramFailure) {
            for _ in 0..<3 { pipes.append(try Pipe()) }
            try pipes[0].fill(program.input)
            id = try Self.spawn(
                program, input: pipes[0].reading, output: pipes[1].writing, errors: pipes[2].writing)
        } catch {
            for position in pipes.indices { pipes[position].close() }
            throw error
        }
        pipes[0].closeReading()
        if !holdsInput { pipes[0].closeWriting() }
        input = pipes[0].writing
        pipes[1].closeWriting()
        pipes[2].closeWriting()
        (output, errors) = (pipes[1].reading, pipes[2].reading)
        for pipe in pipes.dropFirst() { pipe.setNonblocking(pipe.reading) }
    }

    /// Kills the program and all child processes that are still in its group.
    func endGroup() { kill(-id, SIGKILL) }

    /// Waits until the program has exited. Its process id stays reserved.
    func waitForExit() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    /// Waits until the program has exited, and releases its process id and the pipes.
    func reap() -> ProgramResult.Ending {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            // If this process ignores SIGCHLD, the system does not keep the exit status of children.
            guard errno != EINTR else { continue }
            status = 0xFF << 8
            break
        }
        for end in [input, output, errors] where end >= 0 { close(end) }
        // The macros of <sys/wait.h>: the signal in the low seven bits, the exit status in the next byte.
        let signal = status & 0x7F
        return signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
    }

    // MARK: Starting

    private static func spawn(
        _ program: OutsideProgram, input: Int32, output: Int32, errors: Int32
    ) throws(ProgramFailure) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, end) in [input, output, errors].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, end, Int32(number))
        }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        var flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        #if canImport(Darwin)
            flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
        #endif
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var id = pid_t()
        let variables = program.variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let status = withCStrings([program.path] + program.arguments) { arguments in
            withCStrings(variables) { variables in
                patiently { posix_spawn(&id, program.path, &actions, &attributes, arguments, variables) }
            }
        }
        guard status == 0 else { throw .notStarted(systemReason(status)) }
        return id
    }

    /// A program that was just written may still be open for writing in another child process that has not executed its own
    /// program yet. This ends within milliseconds (golang/go#22315).
    private static func patiently(_ spawn: () -> Int32) -> Int32 {
        for _ in 0..<50 {
            let status = spawn()
            guard status == ETXTBSY else { return status }
            usleep(2_000)
        }
        return ETXTBSY
    }

    /// A null-terminated array of C strings, for as long as `body` runs.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
