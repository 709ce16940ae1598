// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth

/// The content of a file of application default credentials (google.aip.dev/auth).
indirect enum GoogleCredentials: Sendable {
    /// A person who ran `gcloud auth application-default login`.
    case authorizedUser(client: String, clientSecret: Secret, refreshToken: Secret)
    case serviceAccount(ServiceAccountKey)
    /// Workload identity federation: the token of another provider is exchanged.
    case externalAccount(ExternalAccount)
    /// Credentials that may act as a service account.
    case impersonated(by: GoogleCredentials, Impersonation)

    struct ServiceAccountKey: Sendable {
        let email: String
        let keyID: String?
        let privateKey: Secret
        /// nil for Google's own token service.
        let tokenURL: String?
    }

    struct ExternalAccount: Sendable {
        let audience: String
        let subjectTokenType: String
        let tokenURL: String
        let subject: SubjectTokenPlace
        let client: (id: String, secret: Secret)?
        let impersonation: Impersonation?
    }

    /// The place of the token that is exchanged.
    struct SubjectTokenPlace: Sendable {
        enum Place: Sendable {
            case file(String)
            case url(String, headers: [String: String])
        }

        let place: Place
        /// The member of a JSON object that is the token; nil if the whole content is the token.
        let member: String?
    }

    struct Impersonation: Sendable {
        let url: String
        let delegates: [String]
        /// Seconds.
        let lifetime: Int64
    }

    /// The owner of the credentials, for the user.
    var owner: String {
        switch self {
        case .authorizedUser: "an authorised user"
        case .serviceAccount(let key): "service account \(key.email.displayable(limit: 100))"
        case .externalAccount: "workload identity federation"
        case .impersonated(let base, _): "impersonation by \(base.owner)"
        }
    }
}

extension GoogleCredentials {
    init(_ bytes: [UInt8]) throws(CredentialError) {
        let document: JSON
        do { document = try JSON(bytes) } catch { throw CredentialError(error.description) }
        try self.init(document, nesting: 0)
    }

    private init(_ document: JSON, nesting: Int) throws(CredentialError) {
        guard nesting < 3 else { throw CredentialError("credentials of credentials of credentials") }
        let fields = CredentialFields(document: document)
        switch document["type"]?.string {
        case "authorized_user":
            self = .authorizedUser(
                client: try fields.text("client_id"), clientSecret: Secret(try fields.text("client_secret")),
                refreshToken: Secret(try fields.text("refresh_token")))
        case "service_account":
            self = .serviceAccount(
                ServiceAccountKey(
                    email: try fields.text("client_email"), keyID: document["private_key_id"]?.string,
                    privateKey: Secret(try fields.text("private_key")),
                    tokenURL: document["token_uri"]?.string))
        case "external_account": self = .externalAccount(try Self.externalAccount(fields))
        case "impersonated_service_account":
            guard let source = document["source_credentials"] else {
                throw CredentialError("\"source_credentials\" is missing")
            }
            self = .impersonated(
                by: try GoogleCredentials(source, nesting: nesting + 1),
                try Self.impersonation(fields, url: fields.text("service_account_impersonation_url")))
        case let type?:
            throw CredentialError("credentials of type \"\(type.displayable(limit: 64))\" are not supported")
        case nil: throw CredentialError("no credentials file: it has no \"type\"")
        }
    }

    private static func externalAccount(_ fields: CredentialFields) throws(CredentialError) -> ExternalAccount {
        let url = fields.document["service_account_impersonation_url"]?.string
        let client = fields.document["client_id"]?.string.map {
            (id: $0, secret: Secret(fields.document["client_secret"]?.string ?? ""))
        }
        return ExternalAccount(
            audience: try fields.text("audience"), subjectTokenType: try fields.text("subject_token_type"),
            tokenURL: try fields.text("token_url"), subject: try subject(fields), client: client,
            impersonation: try url.map { url throws(CredentialError) in try impersonation(fields, url: url) })
    }

    private static func subject(_ fields: CredentialFields) throws(CredentialError) -> SubjectTokenPlace {
        guard let source = fields.document["credential_source"] else {
            throw CredentialError("\"credential_source\" is missing")
        }
        let format = source["format"]
        let isJSON = format?["type"]?.string == "json"
        let member = isJSON ? format?["subject_token_field_name"]?.string ?? "access_token" : nil
        if let file = source["file"]?.string { return SubjectTokenPlace(place: .file(file), member: member) }
        guard source["environment_id"] == nil, let url = source["url"]?.string else {
            throw CredentialError("workload identity federation works with a token from a file or a URL only")
        }
        let headers = source["headers"]?.stringMap ?? [:]
        return SubjectTokenPlace(place: .url(url, headers: headers), member: member)
    }

    private static func impersonation(
        _ fields: CredentialFields, url: String
    ) throws(CredentialError) -> Impersonation {
        let lifetime = fields.document["service_account_impersonation"]?["token_lifetime_seconds"]?.integer
        return Impersonation(
            url: url, delegates: fields.document["delegates"]?.array?.compactMap(\.string) ?? [],
            lifetime: lifetime ?? 3600)
    }
}

/// Required members of a credentials file.
private struct CredentialFields {
    let document: JSON

    func text(_ name: String) throws(CredentialError) -> String {
        guard let text = document[name]?.string, !text.isEmpty else { throw CredentialError("\"\(name)\" is missing") }
        return text
    }
}
