// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth

/// Application default credentials: the file of `GOOGLE_APPLICATION_CREDENTIALS`, otherwise the file that gcloud writes.
struct DefaultCredentials: GoogleTokenSource {
    let context: KeychainContext

    var name: String {
        let place =
            chosenPath.map { "GOOGLE_APPLICATION_CREDENTIALS=\($0.displayable)" }
            ?? wellKnownPath?.displayable ?? "no home"
        return "Google's application default credentials (\(place))"
    }

    private var chosenPath: String? { context.variable("GOOGLE_APPLICATION_CREDENTIALS") }

    private var wellKnownPath: String? {
        let folder =
            context.variable("CLOUDSDK_CONFIG") ?? context.variable("HOME").map { $0 + "/.config/gcloud" }
        return folder.map { $0 + "/application_default_credentials.json" }
    }

    func token() async throws(CredentialError) -> GoogleToken? {
        guard let path = chosenPath ?? wellKnownPath else { return nil }
        guard let bytes = try context.readFile(path) else {
            if chosenPath == nil { return nil }
            throw CredentialError("no such file")
        }
        return try await GoogleExchange(context).token(for: try GoogleCredentials(bytes))
    }
}
