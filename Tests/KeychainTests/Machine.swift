// SPDX-License-Identifier: Apache-2.0

import Crypto
import Keychain
import NIOCore
import OCI
import OutsidePrograms
import RegistryAuth
import RegistryTransport
import Synchronization

/// A machine with files, programs and a network of the test's own.
final class Machine: Sendable {
    typealias Answer = (status: Int, headers: WireHeaders, body: String)

    private struct State {
        var files: [String: String] = [:]
        var variables: [String: String] = ["HOME": "/home/u", "PATH": "/bin"]
        var programs: [String: @Sendable (OutsideProgram) throws(ProgramFailure) -> ProgramResult] = [:]
        var runs: [OutsideProgram] = []
        var requests: [WireRequest] = []
        var notices: [String] = []
        var time = (monotonic: ContinuousClock.now, calendar: Int64(1_790_000_000))
    }

    private let state = Mutex(State())
    /// nil where nobody ever answers: then all pauses are over at once, and else they never end.
    private let network: (@Sendable (WireRequest) -> Answer)?
    private var isSilent: Bool { network == nil }

    init(
        files: [String: String] = [:], variables: [String: String] = [:],
        network: (@Sendable (WireRequest) -> Answer)? = nil
    ) {
        self.network = network
        state.withLock { state in
            state.files = files
            state.variables.merge(variables) { $1 }
        }
    }

    /// Installs `/bin/NAME`.
    func install(
        _ name: String, _ run: @escaping @Sendable (OutsideProgram) throws(ProgramFailure) -> ProgramResult
    ) {
        state.withLock { $0.programs["/bin/" + name] = run }
    }

    func install(_ name: String, printing text: String, status: Int32 = 0) {
        install(name) { _ throws(ProgramFailure) in ProgramResult(ending: .exit(status), output: Array(text.utf8)) }
    }

    func advance(by seconds: Int64) {
        state.withLock { state in
            state.time.monotonic += .seconds(seconds)
            state.time.calendar += seconds
        }
    }

    func write(_ text: String, to path: String) { state.withLock { $0.files[path] = text } }

    var runs: [OutsideProgram] { state.withLock { $0.runs } }
    var requests: [WireRequest] { state.withLock { $0.requests } }
    var notices: [String] { state.withLock { $0.notices } }
    var now: Int64 { state.withLock { $0.time.calendar } }

    var context: KeychainContext {
        var context = KeychainContext(
            variables: state.withLock { $0.variables }, userID: 1000,
            bytesOfFile: { [self] path in state.withLock { $0.files[path] }.map { Array($0.utf8) } },
            programs: self, transport: self,
            clock: KeychainClock(
                monotonic: { [self] in state.withLock { $0.time.monotonic } }, calendar: { [self] in now },
                sleep: { [self] _ in if !isSilent { await Self.untilCancelled() } }))
        context.notice = { [self] text in state.withLock { $0.notices.append(text) } }
        return context
    }

    private static func untilCancelled() async { try? await Task.sleep(for: .seconds(86_400)) }

    func keychain(usesGoogle: Bool = true) throws(CredentialError) -> Keychain {
        try Keychain(context, usesGoogle: usesGoogle)
    }

    func answer(_ host: String, _ repository: String? = nil) async throws -> CredentialAnswer {
        try await keychain().credential(for: RegistryHost(host), repository: repository.map { try Repository($0) })
    }

    func user(_ host: String, _ repository: String? = nil) async throws -> String? {
        guard case .basic(let user, _)? = try await answer(host, repository).credential else { return nil }
        return user
    }
}

extension Machine: ProgramRunner {
    func run(_ program: OutsideProgram) async throws(ProgramFailure) -> ProgramResult {
        let run = state.withLock { state in
            state.runs.append(program)
            return state.programs[program.path]
        }
        guard let run else { throw .notStarted("No such file or directory") }
        return try run(program)
    }

    func find(_ name: String, in searchPath: String) -> String? {
        state.withLock { state in
            searchPath.split(separator: ":").map { "\($0)/\(name)" }.first { state.programs[$0] != nil }
        }
    }
}

extension Machine: Transport {
    func addressClass(of origin: WireOrigin) -> AddressClass? { nil }
    func shutdown() async {}

    func send(_ request: WireRequest) async throws(WireFailure) -> WireResponse {
        state.withLock { $0.requests.append(request) }
        guard let answer = network?(request) else {
            await Self.untilCancelled()
            throw WireFailure(.cancelled, at: request.url.origin)
        }
        return WireResponse(
            status: answer.status, headers: answer.headers, url: request.url,
            body: WireBody([ByteBuffer(string: answer.body)]))
    }
}

extension WireRequest {
    /// The fields of a form.
    var form: [String: String] {
        guard case .bytes(let bytes) = body else { return [:] }
        let pairs = String(decoding: bytes, as: UTF8.self).split(separator: "&").map { pair in
            pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { Self.decoded($0) }
        }
        return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { $1 }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What an operation failed with.
func failure<Result>(_ operation: () async throws -> Result) async -> String? {
    do {
        _ = try await operation()
        return nil
    } catch {
        return "\(error)"
    }
}
