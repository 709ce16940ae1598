// SPDX-License-Identifier: Apache-2.0

import OCI
import OutsidePrograms
import RegistryAuth

/// The `gcloud` program, for users who have logged in with it.
struct GcloudProgram: GoogleTokenSource {
    let context: KeychainContext

    var name: String { "gcloud" }

    func token() async throws(CredentialError) -> GoogleToken? {
        guard let path = context.programs.find("gcloud", in: context.searchPath) else {
            context.notice("gcloud binary not found")
            throw CredentialError("no such program in PATH")
        }
        var program = OutsideProgram(
            path: path, arguments: ["config", "config-helper", "--force-auth-refresh", "--format=json(credential)"],
            variables: context.variables)
        program.limits = context.programLimits
        let result: ProgramResult
        do throws(ProgramFailure) { result = try await context.programs.run(program) } catch {
            throw CredentialError("it \(error)")
        }
        guard result.succeeded else { throw failure(result) }
        let credential = (try? JSON(result.output))?["credential"]
        guard let token = credential?["access_token"]?.string, !token.isEmpty else {
            throw CredentialError("its answer holds no token")
        }
        return GoogleToken(value: Secret(token), lifetime: lifetime(credential?["token_expiry"]?.string))
    }

    private func failure(_ result: ProgramResult) -> CredentialError {
        let words = String(decoding: result.errors, as: UTF8.self).trimmingBlanks
        let reason = words.isEmpty ? "" : "; it said: \"\(words.displayable(limit: 300))\""
        return CredentialError("it \(result.ending.words)\(reason)")
    }

    private func lifetime(_ expiry: String?) -> Duration? {
        expiry.flatMap(CalendarTime.init(rfc3339:)).map { .seconds($0.seconds - context.clock.calendar()) }
    }
}
