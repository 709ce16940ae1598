// SPDX-License-Identifier: Apache-2.0

import OCI
import OutsidePrograms
import RegistryAuth
import Waiting

/// Google's credentials for Google's registries: application default credentials, then the machine's metadata server, then
/// `gcloud`. Where they come from is found out once; the access token is asked for anew before it expires.
struct GoogleKeychain: Sendable {
    enum Answer: Sendable {
        case found(CredentialAnswer)
        /// What was tried, as far as it failed for a reason worth telling.
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

    /// The hosts gcrane asks Google's credentials for.
    static func serves(_ host: RegistryHost) -> Bool {
        let name = host.hostWithoutPort.lowercased()
        return name == "gcr.io" || [".gcr.io", ".pkg.dev", ".google.com"].contains { name.hasSuffix($0) }
    }

    /// - Parameter refused: an earlier answer's that is of no use any more.
    func answer(insteadOf refused: Credential? = nil) async -> Answer {
        let now = context.clock.monotonic()
        let finding = await findings.value(for: 0, unless: { $0.isStale(at: now, refused: refused) }) { await find() }
        return switch finding {
        case .found(let answer): .found(answer)
        case .nothing(let reasons): .nothing(reasons)
        }
    }

    /// Application default credentials that are there and fail end the search among them: the machine's own must not stand
    /// in for those somebody chose. `gcloud` is asked all the same, as in gcrane.
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

    /// An access token is a password: the user's name says what kind.
    private func answer(_ token: GoogleToken, from source: String) -> CredentialAnswer {
        let lifetime = min(token.lifetime ?? Self.assumedLifetime, Self.longestUse)
        let use = max(lifetime - Self.margin, lifetime / 2, Self.shortestUse)
        return CredentialAnswer(
            .basic(user: "_token", password: token.value), source: token.owner.map { "\(source), \($0)" } ?? source,
            staleAfter: context.clock.monotonic() + use)
    }

    /// How long before its end a token is not handed out any more.
    private static let margin = Duration.seconds(60)
    /// Of a token nothing is said about; Google's live for an hour.
    private static let assumedLifetime = Duration.seconds(300)
    /// However long it is said to live.
    private static let longestUse = Duration.seconds(86_400)
    /// A shorter lifetime is treated as this one, so that callers do not wait for constant renewals.
    private static let shortestUse = Duration.seconds(5)
}

/// Somebody who may have an access token for Google's services.
protocol GoogleTokenSource: Sendable {
    /// For the user.
    var name: String { get }
    /// - Returns: nil where this source is not there.
    func token() async throws(CredentialError) -> GoogleToken?
}

struct GoogleToken: Sendable, Hashable {
    let value: Secret
    /// From its receipt; nil where nothing was said.
    let lifetime: Duration?
    /// Whose it is, for the user.
    var owner: String?

    static let scope = "https://www.googleapis.com/auth/cloud-platform"
}
