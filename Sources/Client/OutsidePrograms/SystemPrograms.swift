// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Runs programs on this system, each in its own process group. Two threads watch it: one waits for its end, one for its
/// output.
///
/// A program ends with its own exit, not with that of its children, which may keep the pipes open. If a limit ends the
/// program, the whole group is killed.
package struct SystemPrograms: ProgramRunner {
    package init() {}

    package func run(_ program: OutsideProgram) async throws(ProgramFailure) -> ProgramResult {
        let stop = StopSwitch()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                detachThread { continuation.resume(returning: Self.runBlocking(program, stop)) }
            }
        } onCancel: {
            stop.set()
        }
        return try result.get()
    }

    private static func runBlocking(
        _ program: OutsideProgram, _ stop: StopSwitch
    ) -> Result<ProgramResult, ProgramFailure> {
        do throws(ProgramFailure) {
            let process = try SpawnedProcess.start(program)
            var watch = ProcessWatch(process, limits: program.limits, stop: stop)
            return .success(try watch.untilEnd())
        } catch {
            return .failure(error)
        }
    }

    package func find(_ name: String, in searchPath: String) -> String? {
        guard !name.isEmpty, !name.contains("/") else { return nil }
        let folders = searchPath.split(separator: ":").filter { $0.hasPrefix("/") }
        return folders.map { "\($0)/\(name)" }.first(where: Self.isExecutableFile)
    }

    private static func isExecutableFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}

/// Tells a watching thread that the caller no longer waits for the program.
final class StopSwitch: Sendable {
    private struct State {
        var isSet = false
        var wake: Int32?
    }

    private let state = Mutex(State())

    func set() {
        state.withLock { state in
            state.isSet = true
            if let wake = state.wake { Pipe.wake(wake) }
        }
    }

    /// From now on `set` writes a byte to the descriptor; this call writes it if `set` was called before.
    func connect(_ wake: Int32) {
        state.withLock { state in
            state.wake = wake
            if state.isSet { Pipe.wake(wake) }
        }
    }

    /// After this call the descriptor is not used.
    func disconnect() { state.withLock { $0.wake = nil } }

    var isSet: Bool { state.withLock { $0.isSet } }
}

/// Runs blocking work on its own thread, because Swift's task pool has no threads for blocking calls.
func detachThread(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    let box = Unmanaged.passRetained(Box(work))
    #if canImport(Darwin)
        var thread: pthread_t?
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, box.toOpaque())
    #else
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, box.toOpaque())
    #endif
    // If no thread can be created, the work runs on the caller's thread.
    if status != 0 { box.takeRetainedValue().work() }
}
