// SPDX-License-Identifier: Apache-2.0

import Distribution
import Keychain
import OCI
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
    /// The credentials of this machine.
    ///
    /// - Parameters:
    ///   - transport: the transport for requests to token services.
    ///   - usesGoogle: whether Google's credentials are used. crane, unlike gcrane, does not use them.
    func keychain(_ transport: any Transport, usesGoogle: Bool = true) throws -> Keychain {
        do throws(CredentialError) {
            let keychain = try Keychain(keychainContext(transport), usesGoogle: usesGoogle)
            if let warning = keychain.warning { console.note("warning: " + warning) }
            return keychain
        } catch {
            throw CommandFailure(error.description)
        }
    }

    func keychainContext(_ transport: any Transport) -> KeychainContext {
        let clock = NetworkClock.system
        var context = KeychainContext(
            variables: environment.variables, userID: getuid(), bytesOfFile: { try Self.bytes($0) },
            programs: SystemPrograms(), transport: transport,
            clock: KeychainClock(
                monotonic: clock.monotonic, calendar: clock.calendar, sleep: { try await Task.sleep(for: $0) }))
        context.userAgent = Version.userAgent
        context.notice = { [console] in TimestampedLog(console: console).line($0) }
        return context
    }

    /// A failure that prints as its message.
    private struct Unreadable: Error, CustomStringConvertible { let description: String }

    private static func bytes(_ path: String) throws -> [UInt8]? {
        // A folder in the place of a login file is ignored, as by Docker.
        guard FileBytes.isFile(path) else { return nil }
        do { return try FileBytes.readIfPresent(path) } catch let failure as CommandFailure {
            throw Unreadable(description: failure.messages.joined(separator: "; "))
        }
    }
}

extension CommandContext {
    /// The registries in this machine's login file, for completion. A file that cannot be read is silently ignored.
    var knownRegistries: [String] {
        let places = LoginPlaces(userID: getuid()) { environment[$0] }
        guard let path = try? places.path(exists: FileBytes.isFile), let bytes = try? FileBytes.read(path),
            let file = try? JSON(bytes)
        else { return [] }
        let names = ["auths", "credHelpers"].flatMap { file[$0]?.members?.map(\.key) ?? [] }
        return Set(names.map(Self.host)).sorted()
    }

    /// `https://index.docker.io/v1/` is how Docker writes Docker Hub.
    private static func host(_ name: String) -> String {
        let bare = name.firstRange(of: "://").map { name[$0.upperBound...] } ?? name[...]
        let host = String(bare.prefix { $0 != "/" })
        return host == "index.docker.io" ? "docker.io" : host
    }
}
