// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth

/// Application default credentials: the file of `GOOGLE_APPLICATION_CREDENTIALS`, else the one gcloud writes.
struct DefaultCredentials: GoogleTokenSource {
    let surroundings: Surroundings

    var name: String {
        let place =
            chosenPath.map { "GOOGLE_APPLICATION_CREDENTIALS=\($0.displayable)" }
            ?? wellKnownPath?.displayable ?? "no home"
        return "Google's application default credentials (\(place))"
    }

    private var chosenPath: String? { surroundings.variable("GOOGLE_APPLICATION_CREDENTIALS") }

    private var wellKnownPath: String? {
        let folder =
            surroundings.variable("CLOUDSDK_CONFIG") ?? surroundings.variable("HOME").map { $0 + "/.config/gcloud" }
        return folder.map { $0 + "/application_default_credentials.json" }
    }

    func token() async throws(CredentialError) -> GoogleToken? {
        guard let path = chosenPath ?? wellKnownPath else { return nil }
        guard let bytes = try surroundings.readFile(path) else {
            if chosenPath == nil { return nil }
            throw CredentialError("no such file")
        }
        return try await GoogleExchange(surroundings).token(for: try GoogleCredentials(bytes))
    }
}
