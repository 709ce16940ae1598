// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import RegistryTransport

/// The metadata server of a machine in Google's cloud, which has tokens of the machine's service account.
struct MetadataServer: GoogleTokenSource {
    let context: KeychainContext

    var name: String { "Google's metadata server (\(host.displayable))" }

    private var chosenHost: String? { context.variable("GCE_METADATA_HOST") }
    private var host: String { chosenHost ?? "169.254.169.254" }

    /// Outside Google Cloud nothing answers at this address, so the wait is short there.
    private static let timeouts = (probably: Duration.seconds(15), hardly: Duration.milliseconds(1500))

    func token() async throws(CredentialError) -> GoogleToken? {
        let path = "/computeMetadata/v1/instance/service-accounts/default/token?scopes="
        let url = try GoogleWire.parse("http://\(host)\(path)\(PercentEncoding.encodeForm(GoogleToken.scope))")
        guard let answer = try await ask(url) else { return nil }
        // Any host may answer at a link-local address, but only a metadata server sends this header.
        guard answer.headers["Metadata-Flavor"] == "Google" else { return nil }
        switch answer.status {
        case 200: return try GoogleWire.token(answer.body, from: url.unredacted)
        case 404: throw CredentialError("this machine has no service account")
        default: throw CredentialError("it answered \(answer.status)")
        }
    }

    private typealias Reply = (status: Int, headers: WireHeaders, body: [UInt8])

    /// - Returns: nil if no host answers in time.
    private func ask(_ url: WireURL) async throws(CredentialError) -> Reply? {
        let timeout = isProbablyThere ? Self.timeouts.probably : Self.timeouts.hardly
        let (context, wire) = (context, GoogleWire(context))
        let result = await withTaskGroup(of: Result<Reply, CredentialError>?.self) { group in
            group.addTask {
                do throws(CredentialError) {
                    return .success(try await wire.exchange(.get, url, headers: ["Metadata-Flavor": "Google"]))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await context.clock.sleep(timeout)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if case .failure? = result, chosenHost == nil { return nil }
        return try result?.get()
    }

    /// The firmware of Google's virtual machines names Google.
    private var isProbablyThere: Bool {
        if chosenHost != nil { return true }
        let product = try? context.readFile("/sys/class/dmi/id/product_name")
        return product.map { String(decoding: $0, as: UTF8.self).hasPrefix("Google") } ?? false
    }
}
