// SPDX-License-Identifier: Apache-2.0

package import OutsidePrograms
import RegistryAuth
package import RegistryTransport

/// What a keychain may look at and use. It finds nothing by itself: tests hand in a machine of their own.
package struct KeychainContext: Sendable {
    /// The environment's variables.
    package var variables: [String: String]
    package var userID: UInt32
    /// The bytes of a file; nil where there is none. What it throws is shown to the user.
    package var bytesOfFile: @Sendable (String) throws -> [UInt8]?
    package var programs: any ProgramRunner
    package var transport: any Transport
    package var clock: KeychainClock
    /// Told what gcrane logs in passing.
    package var notice: @Sendable (String) -> Void = { _ in }
    /// What helpers and gcloud may take.
    package var programLimits = OutsideProgram.Limits()
    package var userAgent = "transship"
    /// Where Google exchanges the refresh tokens of people.
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

    /// A variable that has a value.
    func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    func readFile(_ path: String) throws(CredentialError) -> [UInt8]? {
        do { return try bytesOfFile(path) } catch { throw CredentialError("\(error)") }
    }

    var searchPath: String { variable("PATH") ?? "" }
}

/// The times a keychain needs.
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
