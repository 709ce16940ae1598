import Distribution
import Keychain
import OutsidePrograms
import RegistryAuth
import RegistryTransport
import Reporting

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension CommandContext {
    /// Where this machine's credentials are.
    ///
    /// - Parameter transport: the wire that token services are asked over.
    func keychain(_ transport: any Transport) throws -> Keychain {
        do throws(CredentialError) {
            let keychain = try Keychain(surroundings(transport))
            if let warning = keychain.warning { console.note("warning: " + warning) }
            return keychain
        } catch {
            throw CommandFailure(error.description)
        }
    }

    func surroundings(_ transport: any Transport) -> Surroundings {
        let clock = NetworkClock.system
        var surroundings = Surroundings(
            variables: environment.variables, userID: getuid(), bytesOfFile: { try FileBytes.readIfPresent($0) },
            programs: SystemPrograms(), transport: transport,
            clock: KeychainClock(
                monotonic: clock.monotonic, calendar: clock.calendar, sleep: { try await Task.sleep(for: $0) }))
        surroundings.userAgent = Version.userAgent
        return surroundings
    }
}
