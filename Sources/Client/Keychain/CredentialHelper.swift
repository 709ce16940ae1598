// SPDX-License-Identifier: Apache-2.0

import OCI
import OutsidePrograms
package import RegistryAuth

/// An external program that stores logins: `docker-credential-NAME`, called with Docker's protocol.
package struct CredentialHelper: Sendable {
    package let name: String
    private let path: String
    private let variables: [String: String]
    private let programs: any ProgramRunner
    private let limits: OutsideProgram.Limits

    package static let prefix = "docker-credential-"
    /// The text that helpers print when they have no login for a server. They exit with a status other than 0 then.
    private static let notFound = "credentials not found in native keychain"

    /// - Throws: if the name is not a valid part of a file name, or the program does not exist.
    package init(_ name: String, _ context: KeychainContext) throws(CredentialError) {
        guard Self.isName(name) else {
            throw CredentialError("\"\(name.displayable(limit: 64))\" cannot be the name of a credential helper")
        }
        guard let path = context.programs.find(Self.prefix + name, in: context.searchPath) else {
            throw CredentialError("the credential helper \"\(name)\" is missing: no \(Self.prefix)\(name) in PATH")
        }
        self.name = name
        self.path = path
        variables = context.variables
        programs = context.programs
        limits = context.programLimits
    }

    private static func isName(_ name: String) -> Bool {
        let isWord = { (byte: UInt8) in (97...122).contains(byte | 0x20) || (48...57).contains(byte) }
        guard let first = name.utf8.first, isWord(first), name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { isWord($0) || "._-".utf8.contains($0) }
    }

    /// - Returns: nil if the helper has no login for the server.
    package func get(_ server: String) async throws(CredentialError) -> Credential? {
        let result = try await run("get", server, about: server)
        if !result.succeeded {
            guard Self.text(result.output) != Self.notFound else { return nil }
            throw failure(result, about: server)
        }
        guard let document = try? JSON(result.output, allowing: .goDecoder), document.members != nil else {
            throw CredentialError(
                "the credential helper \"\(name)\" answered no JSON object when asked about \(server)")
        }
        let field = { (name: String) in document.goField(name)?.string ?? "" }
        let (user, secret) = (field("Username"), field("Secret"))
        if user.isEmpty && secret.isEmpty { return nil }
        // Docker's sign for an OAuth2 refresh token in place of a password.
        if user == "<token>" { return .identityToken(Secret(secret), user: nil) }
        return .basic(user: user, password: Secret(secret))
    }

    package func store(user: String, _ secret: Secret, for server: String) async throws(CredentialError) {
        let document = JSON.object([
            "ServerURL": .string(server), "Username": .string(user), "Secret": .string(secret.reveal()),
        ])
        // Docker ends the document with a newline (json.Encoder), and helpers that are shell scripts read a line.
        let result = try await run("store", document.text + "\n", about: server)
        guard result.succeeded else { throw failure(result, about: server) }
    }

    /// - Parameter expectsLogin: whether it is an error if the helper says that there is nothing to erase.
    package func erase(_ server: String, expectsLogin: Bool = false) async throws(CredentialError) {
        let result = try await run("erase", server, about: server)
        let isDone = result.succeeded || (!expectsLogin && Self.text(result.output) == Self.notFound)
        guard isDone else { throw failure(result, about: server) }
    }

    // MARK: The program

    private func run(
        _ action: String, _ input: String, about server: String
    ) async throws(CredentialError) -> ProgramResult {
        var program = OutsideProgram(
            path: path, arguments: [action], variables: variables, input: Array(input.utf8))
        program.limits = limits
        do throws(ProgramFailure) { return try await programs.run(program) } catch {
            throw CredentialError("the credential helper \"\(name)\" \(error), asked about \(server.displayable)")
        }
    }

    private func failure(_ result: ProgramResult, about server: String) -> CredentialError {
        var text = "the credential helper \"\(name)\" \(result.ending.words), asked about \(server.displayable)"
        if let words = Self.words(of: result) { text += "; it said: \"\(words.displayable(limit: 300))\"" }
        return CredentialError(text)
    }

    /// The program's explanation. Helpers write it to standard output, other programs to standard error. Output that looks
    /// like an answer is not shown, because it may contain a secret.
    private static func words(of result: ProgramResult) -> String? {
        [result.output, result.errors].map(text).first { !$0.isEmpty && !$0.hasPrefix("{") }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).trimmingBlanks }
}

extension String {
    var trimmingBlanks: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
