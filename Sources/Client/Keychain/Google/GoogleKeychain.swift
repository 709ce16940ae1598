// SPDX-License-Identifier: Apache-2.0

import OCI
import OutsidePrograms
import RegistryAuth
import Waiting

/// Google's credentials for Google's registries: application default credentials, then the machine's metadata server, then
/// `gcloud`. The source is found out once. The access token is renewed before it expires.
struct GoogleKeychain: Sendable {
    enum Answer: Sendable {
        case found(CredentialAnswer)
        /// The failures that are worth reporting.
        case nothing([String])
    }

    private let context: KeychainContext
    private let findings = SingleFlight<Int, Finding, Never>()

    private enum Finding: Sendable {
        case found(CredentialAnswer)
        case nothing([String])

        func isStale(at now: ContinuousClock.Instant, refused: Credential?) -> Bool {
            guard case .found(let answer) = self else { return false }
            return answer.isStale(at: now) || (refused != nil && answer.credential == refused)
        }
    }

    init(_ context: KeychainContext) { self.context = context }

    /// The hosts for which gcrane uses Google's credentials.
    static func serves(_ host: RegistryHost) -> Bool {
        let name = host.hostWithoutPort.lowercased()
        return name == "gcr.io" || [".gcr.io", ".pkg.dev", ".google.com"].contains { name.hasSuffix($0) }
    }

    /// - Parameter refused: the credential of an earlier answer, which was refused.
    func answer(insteadOf refused: Credential? = nil) async -> Answer {
        let now = context.clock.monotonic()
        let finding = await findings.value(for: 0, unless: { $0.isStale(at: now, refused: refused) }) { await find() }
        return switch finding {
        case .found(let answer): .found(answer)
        case .nothing(let reasons): .nothing(reasons)
        }
    }

    /// If application default credentials exist but fail, the metadata server is not asked, because the machine's
    /// credentials must not replace those that the user chose. `gcloud` is still asked, as in gcrane.
    private func find() async -> Finding {
        var troubles: [String] = []
        for sources in chains {
            do throws(Trouble) {
                if let answer = try await first(of: sources) { return .found(answer) }
            } catch {
                troubles.append(error.text)
            }
        }
        return .nothing(troubles)
    }

    private struct Trouble: Error { let text: String }

    private var chains: [[any GoogleTokenSource]] {
        [
            [DefaultCredentials(context: context), MetadataServer(context: context)],
            [GcloudProgram(context: context)],
        ]
    }

    private func first(of sources: [any GoogleTokenSource]) async throws(Trouble) -> CredentialAnswer? {
        for source in sources {
            do throws(CredentialError) {
                if let token = try await source.token() { return answer(token, from: source.name) }
            } catch {
                throw Trouble(text: "\(source.name): \(error)")
            }
        }
        return nil
    }

    /// An access token is sent as a password. The user name tells what kind it is.
    private func answer(_ token: GoogleToken, from source: String) -> CredentialAnswer {
        let lifetime = min(token.lifetime ?? Self.assumedLifetime, Self.longestUse)
        let use = max(lifetime - Self.margin, lifetime / 2, Self.shortestUse)
        return CredentialAnswer(
            .basic(user: "_token", password: token.value), source: token.owner.map { "\(source), \($0)" } ?? source,
            staleAfter: context.clock.monotonic() + use)
    }

    /// A token is no longer returned this long before its end.
    private static let margin = Duration.seconds(60)
    /// The lifetime of a token whose answer names none. Google's tokens live for an hour.
    private static let assumedLifetime = Duration.seconds(300)
    /// The longest use of a token, whatever its answer says.
    private static let longestUse = Duration.seconds(86_400)
    /// A shorter lifetime is treated as this one, so that callers do not wait for constant renewals.
    private static let shortestUse = Duration.seconds(5)
}

/// A possible source of access tokens for Google's services.
protocol GoogleTokenSource: Sendable {
    /// The name of the source, for the user.
    var name: String { get }
    /// - Returns: nil if this source does not exist.
    func token() async throws(CredentialError) -> GoogleToken?
}

struct GoogleToken: Sendable, Hashable {
    let value: Secret
    /// The lifetime from the receipt on; nil if the answer names none.
    let lifetime: Duration?
    /// The owner of the token, for the user.
    var owner: String?

    static let scope = "https://www.googleapis.com/auth/cloud-platform"
}
