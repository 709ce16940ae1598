// SPDX-License-Identifier: Apache-2.0

package import OutsidePrograms
import RegistryAuth
package import RegistryTransport

/// The files, variables and programs that a keychain may use. It accesses nothing else, so tests can pass a simulated
/// machine.
package struct KeychainContext: Sendable {
    /// The environment's variables.
    package var variables: [String: String]
    package var userID: UInt32
    /// Returns the bytes of a file; nil if there is none. Its errors are shown to the user.
    package var bytesOfFile: @Sendable (String) throws -> [UInt8]?
    package var programs: any ProgramRunner
    package var transport: any Transport
    package var clock: KeychainClock
    /// Called with the notices that gcrane logs.
    package var notice: @Sendable (String) -> Void = { _ in }
    /// The limits for helpers and gcloud.
    package var programLimits = OutsideProgram.Limits()
    package var userAgent = "transship"
    /// The URL at which Google exchanges users' refresh tokens.
    package var googleTokenURL = "https://oauth2.googleapis.com/token"

    package init(
        variables: [String: String], userID: UInt32,
        bytesOfFile: @escaping @Sendable (String) throws -> [UInt8]?, programs: any ProgramRunner,
        transport: any Transport, clock: KeychainClock
    ) {
        self.variables = variables
        self.userID = userID
        self.bytesOfFile = bytesOfFile
        self.programs = programs
        self.transport = transport
        self.clock = clock
    }

    /// The value of a variable; nil if it is not set or empty.
    func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    func readFile(_ path: String) throws(CredentialError) -> [UInt8]? {
        do { return try bytesOfFile(path) } catch { throw CredentialError("\(error)") }
    }

    var searchPath: String { variable("PATH") ?? "" }
}

/// The clocks of a keychain.
package struct KeychainClock: Sendable {
    package var monotonic: @Sendable () -> ContinuousClock.Instant
    /// Seconds since 1970.
    package var calendar: @Sendable () -> Int64
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        monotonic: @escaping @Sendable () -> ContinuousClock.Instant, calendar: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.monotonic = monotonic
        self.calendar = calendar
        self.sleep = sleep
    }
}
