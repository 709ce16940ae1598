// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Keychain
import OCI
import OutsidePrograms
import RegistryAuth
import RegistryTransport
import Testing

@Suite struct GoogleKeychainTests {
    private static let wellKnown = "/home/u/.config/gcloud/application_default_credentials.json"
    private static let authorizedUser =
        #"{"type":"authorized_user","client_id":"c","client_secret":"cs","refresh_token":"rt"}"#
    private static let dockerFile = "/home/u/.docker/config.json"
    private static let dockerLogin = #"{"auths":{"gcr.io":{"username":"docker","password":"p"}}}"#

    private static func token(_ value: String, for seconds: Int = 3599) -> Machine.Answer {
        (200, [:], #"{"access_token":"\#(value)","expires_in":\#(seconds),"token_type":"Bearer"}"#)
    }

    private static func isToken(_ value: String, _ answer: CredentialAnswer) -> Bool {
        answer.credential == .basic(user: "_token", password: Secret(value))
    }

    // MARK: Which hosts

    @Test(arguments: ["gcr.io", "eu.gcr.io", "europe-docker.pkg.dev", "GCR.io", "a.google.com"])
    func `Google's credentials are for Google's registries`(host: String) async throws {
        let machine = Machine(files: [Self.wellKnown: Self.authorizedUser]) { _ in Self.token("t") }
        #expect(Self.isToken("t", try await machine.answer(host)))
    }

    @Test(arguments: ["docker.io", "pkg.dev", "xgcr.io", "gcr.io.evil.example", "google.com"])
    func `and for no others`(host: String) async throws {
        let machine = Machine(files: [Self.wellKnown: Self.authorizedUser]) { _ in Self.token("t") }
        #expect(try await machine.answer(host).credential == nil)
        #expect(machine.requests.isEmpty)
    }

    @Test func `Google's credentials beat an entry, as in gcrane, but not in crane`() async throws {
        let files = [Self.wellKnown: Self.authorizedUser, Self.dockerFile: Self.dockerLogin]
        let machine = Machine(files: files) { _ in Self.token("t") }
        #expect(Self.isToken("t", try await machine.answer("gcr.io")))
        let crane = try machine.keychain(usesGoogle: false)
        let answer = try await crane.credential(for: RegistryHost("gcr.io"), repository: nil)
        #expect(answer.source == Self.dockerFile)
    }

    @Test func `credentials of Google that fail leave it to the entry`() async throws {
        let machine = Machine(files: [Self.wellKnown: "{", Self.dockerFile: Self.dockerLogin])
        #expect(try await machine.user("gcr.io") == "docker")
    }

    // MARK: Application default credentials

    @Test func `a person's refresh token is exchanged`() async throws {
        let machine = Machine(files: [Self.wellKnown: Self.authorizedUser]) { _ in Self.token("t") }
        let answer = try await machine.answer("gcr.io")
        #expect(
            answer.source
                == "Google's application default credentials (\(Self.wellKnown)), an authorised user")
        let request = try #require(machine.requests.first)
        #expect(request.url.unredacted == "https://oauth2.googleapis.com/token")
        #expect(
            request.form
                == ["grant_type": "refresh_token", "client_id": "c", "client_secret": "cs", "refresh_token": "rt"])
    }

    @Test func `the chosen file beats the one gcloud writes`() async throws {
        let chosen = #"{"type":"authorized_user","client_id":"c","client_secret":"cs","refresh_token":"chosen"}"#
        let machine = Machine(
            files: ["/key.json": chosen, Self.wellKnown: Self.authorizedUser],
            variables: ["GOOGLE_APPLICATION_CREDENTIALS": "/key.json"]
        ) { _ in Self.token("t") }
        _ = try await machine.answer("gcr.io")
        #expect(machine.requests.first?.form["refresh_token"] == "chosen")
    }

    @Test func `a chosen file that is not there is told, and the machine's own account does not stand in`() async throws
    {
        let machine = Machine(variables: ["GOOGLE_APPLICATION_CREDENTIALS": "/gone.json"]) { _ in
            (200, ["Metadata-Flavor": "Google"], Self.token("machine").body)
        }
        let answer = try await machine.answer("gcr.io")
        #expect(answer.credential == nil)
        #expect(machine.requests.isEmpty)
        let told = "Google's application default credentials (GOOGLE_APPLICATION_CREDENTIALS=/gone.json): no such file"
        #expect(answer.hint?.contains(told) == true, "\(answer.hint ?? "")")
    }

    @Test func `a service account's key signs what is exchanged`() async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let machine = Machine(files: ["/key.json": Self.serviceAccount(key)], variables: Self.chosen) { _ in
            Self.token("t")
        }
        let answer = try await machine.answer("gcr.io")
        #expect(Self.isToken("t", answer))
        #expect(answer.source?.hasSuffix("service account ci@p.iam.gserviceaccount.com") == true)
        let form = try #require(machine.requests.first).form
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let parts = (form["assertion"] ?? "").split(separator: ".").map(String.init)
        #expect(try Self.json(parts[0]) == JSON(Array(#"{"alg":"RS256","typ":"JWT","kid":"k1"}"#.utf8)))
        let claims = try Self.json(parts[1])
        #expect(claims["iss"]?.string == "ci@p.iam.gserviceaccount.com")
        #expect(claims["aud"]?.string == "https://token.example/token")
        #expect(claims["iat"]?.integer == machine.now)
        #expect(claims["exp"]?.integer == machine.now + 3600)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: try Self.bytes(parts[2]))
        let digest = SHA256.hash(data: Array("\(parts[0]).\(parts[1])".utf8))
        #expect(key.publicKey.isValidSignature(signature, for: digest, padding: .insecurePKCS1v1_5))
    }

    @Test func `a key that cannot sign is told without showing it`() async throws {
        let file = Self.serviceAccount("-----BEGIN PRIVATE KEY-----\\nhunter2\\n-----END PRIVATE KEY-----\\n")
        let machine = Machine(files: ["/key.json": file], variables: Self.chosen) { _ in Self.token("t") }
        let hint = try await machine.answer("gcr.io").hint ?? ""
        #expect(hint.contains(#""private_key" is no RSA key that can sign"#))
        #expect(!hint.contains("hunter2"))
    }

    @Test func `a refused exchange is told in the service's words`() async throws {
        let machine = Machine(files: [Self.wellKnown: Self.authorizedUser]) { _ in
            (400, [:], #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#)
        }
        let hint = try await machine.answer("gcr.io").hint ?? ""
        #expect(
            hint.contains(
                "https://oauth2.googleapis.com answered 400: invalid_grant: Token has been expired or revoked."))
    }

    @Test func `what a service repeats of the login that it got is not shown`() async throws {
        let file = Self.authorizedUser.replacing("\"cs\"", with: "\"secret-of-client\"")
            .replacing("\"rt\"", with: "\"1//token-for-more\"")
        let machine = Machine(files: [Self.wellKnown: file]) { request in
            let words =
                "no such token: \(request.form["refresh_token"] ?? "") of \(request.form["client_secret"] ?? "")"
            return (
                400, [:], JSON.object(["error": .string("invalid_grant"), "error_description": .string(words)]).text
            )
        }
        let hint = try await machine.answer("gcr.io").hint ?? ""
        let form = try #require(machine.requests.first).form
        #expect(hint.contains("invalid_grant: no such token: "))
        for name in ["refresh_token", "client_secret"] {
            let value = try #require(form[name])
            #expect(value.utf8.count >= 6 && !hint.contains(value), "\(hint)")
        }
    }

    @Test(arguments: ["http://token.example/token", "file:///etc/passwd", "https://u:p@token.example"])
    func `a token service that secrets must not be sent to is not asked`(url: String) async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let file = Self.serviceAccount(key.pemRepresentation.replacingNewlines, tokenURL: url)
        let machine = Machine(files: ["/key.json": file], variables: Self.chosen) { _ in Self.token("t") }
        #expect(try await machine.answer("gcr.io").credential == nil)
        #expect(machine.requests.isEmpty)
    }

    // MARK: Federation

    private static func external(_ source: String, _ more: String = "") -> String {
        """
        {"type":"external_account","audience":"//iam.googleapis.com/projects/1/providers/gh",
        "subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token",
        "credential_source":\(source)\(more)}
        """
    }

    @Test func `a token from a file is exchanged`() async throws {
        let files = ["/key.json": Self.external(#"{"file":"/var/token"}"#), "/var/token": "subject\n"]
        let machine = Machine(files: files, variables: Self.chosen) { _ in Self.token("federated") }
        #expect(Self.isToken("federated", try await machine.answer("gcr.io")))
        let request = try #require(machine.requests.first)
        #expect(request.url.unredacted == "https://sts.googleapis.com/v1/token")
        #expect(request.form["subject_token"] == "subject")
        #expect(request.form["audience"] == "//iam.googleapis.com/projects/1/providers/gh")
        #expect(request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange")
        #expect(request.form["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt")
    }

    @Test func `the token may be a member of a JSON file`() async throws {
        let source = #"{"file":"/var/token","format":{"type":"json","subject_token_field_name":"id_token"}}"#
        let files = ["/key.json": Self.external(source), "/var/token": #"{"id_token":"inner"}"#]
        let machine = Machine(files: files, variables: Self.chosen) { _ in Self.token("t") }
        _ = try await machine.answer("gcr.io")
        #expect(machine.requests.first?.form["subject_token"] == "inner")
    }

    @Test func `the token may come from a URL, and a service account be impersonated`() async throws {
        let source = """
            {"url":"https://ci.example/token?audience=x","headers":{"Authorization":"bearer ci"},
            "format":{"type":"json","subject_token_field_name":"value"}}
            """
        let impersonation =
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@p.iam:generateAccessToken"
        let file = Self.external(source, #","service_account_impersonation_url":"\#(impersonation)""#)
        let machine = Machine(files: ["/key.json": file], variables: Self.chosen) { request in
            switch request.url.origin.host {
            case "ci.example": (200, [:], #"{"value":"subject"}"#)
            case "sts.googleapis.com": Self.token("federated")
            default: (200, [:], #"{"accessToken":"impersonated","expireTime":"2026-11-24T04:00:00Z"}"#)
            }
        }
        #expect(Self.isToken("impersonated", try await machine.answer("gcr.io")))
        let requests = machine.requests
        #expect(
            requests.map(\.url.origin.host) == ["ci.example", "sts.googleapis.com", "iamcredentials.googleapis.com"])
        #expect(requests[0].headers["Authorization"] == "bearer ci")
        #expect(requests[1].form["subject_token"] == "subject")
        #expect(requests[2].headers["Authorization"] == "Bearer federated")
    }

    @Test func `a missing token to exchange is told`() async throws {
        let machine = Machine(files: ["/key.json": Self.external(#"{"file":"/var/token"}"#)], variables: Self.chosen)
        let hint = try await machine.answer("gcr.io").hint ?? ""
        #expect(hint.contains("the token to exchange is not there: no file /var/token"))
    }

    @Test func `federation by other means is said to be missing`() async throws {
        let file = Self.external(#"{"environment_id":"aws1","url":"http://169.254.169.254"}"#)
        let machine = Machine(files: ["/key.json": file], variables: Self.chosen)
        let hint = try await machine.answer("gcr.io").hint ?? ""
        #expect(hint.contains("works with a token from a file or a URL only"))
    }

    // MARK: The metadata server

    private static let metadata: @Sendable (WireRequest) -> Machine.Answer = { request in
        request.headers["Metadata-Flavor"] == "Google"
            ? (200, ["Metadata-Flavor": "Google"], Self.token("machine").body) : (403, [:], "")
    }

    @Test func `a machine of Google's cloud has its own account`() async throws {
        let machine = Machine(network: Self.metadata)
        let answer = try await machine.answer("gcr.io")
        #expect(Self.isToken("machine", answer))
        #expect(answer.source == "Google's metadata server (169.254.169.254)")
        #expect(
            machine.requests.map(\.url.unredacted) == [
                "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
                    + "?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform"
            ])
    }

    @Test func `GCE_METADATA_HOST is asked instead`() async throws {
        let machine = Machine(variables: ["GCE_METADATA_HOST": "127.0.0.1:8080"], network: Self.metadata)
        _ = try await machine.answer("gcr.io")
        #expect(machine.requests.first?.url.origin.description == "http://127.0.0.1:8080")
    }

    @Test func `whoever answers there without saying what it is, is not believed`() async throws {
        let machine = Machine { _ in Self.token("forged") }
        #expect(try await machine.answer("gcr.io").credential == nil)
    }

    @Test func `where nobody answers, gcloud is asked`() async throws {
        let machine = Machine()
        machine.install("gcloud", printing: Self.gcloud(at: "2026-11-24T03:00:00Z"))
        #expect(Self.isToken("g", try await machine.answer("gcr.io")))
        #expect(machine.requests.count == 1)
    }

    // MARK: gcloud

    private static func gcloud(at expiry: String) -> String {
        #"{"credential":{"access_token":"g","token_expiry":"\#(expiry)"}}"#
    }

    @Test func `gcloud is asked for a fresh token`() async throws {
        let machine = Machine()
        machine.install("gcloud", printing: Self.gcloud(at: "2026-11-24T03:00:00Z"))
        #expect(try await machine.answer("gcr.io").source == "gcloud")
        #expect(
            machine.runs.map(\.arguments) == [
                ["config", "config-helper", "--force-auth-refresh", "--format=json(credential)"]
            ])
    }

    @Test func `a gcloud that fails is told, and one that is not there`() async throws {
        let failing = Machine()
        failing.install("gcloud") { _ throws(ProgramFailure) in
            ProgramResult(ending: .exit(1), output: [], errors: Array("You are not logged in\n".utf8))
        }
        let hint = try await failing.answer("gcr.io").hint
        #expect(hint?.contains(#"gcloud: it exited with 1; it said: "You are not logged in""#) == true)
        let bare = Machine()
        let missing = try await bare.answer("gcr.io").hint
        #expect(bare.notices == ["gcloud binary not found"])
        #expect(missing?.contains("gcloud: no such program in PATH") == true)
    }

    // MARK: Time

    @Test func `a hundred who ask cause one exchange`() async throws {
        let machine = Machine(files: [Self.wellKnown: Self.authorizedUser]) { _ in Self.token("t") }
        let keychain = try machine.keychain()
        let host = try RegistryHost("gcr.io")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { _ = try await keychain.credential(for: host, repository: nil) } }
            try await group.waitForAll()
        }
        #expect(machine.requests.count == 1)
    }

    @Test func `an access token is exchanged anew before it expires`() async throws {
        let machine = Machine(files: [Self.wellKnown: Self.authorizedUser]) { _ in Self.token("t", for: 300) }
        let keychain = try machine.keychain()
        let host = try RegistryHost("gcr.io")
        for seconds: Int64 in [0, 239, 1] {
            machine.advance(by: seconds)
            _ = try await keychain.credential(for: host, repository: nil)
        }
        #expect(machine.requests.count == 2)
    }

    @Test func `gcloud's token lives until the moment it says`() async throws {
        let machine = Machine()
        // 1790000000 is 2026-09-21T14:13:20Z.
        machine.install("gcloud", printing: Self.gcloud(at: "2026-09-21T16:18:20+02:00"))
        let keychain = try machine.keychain()
        let host = try RegistryHost("gcr.io")
        for seconds: Int64 in [0, 239, 1] {
            machine.advance(by: seconds)
            _ = try await keychain.credential(for: host, repository: nil)
        }
        #expect(machine.runs.count == 2)
    }

    // MARK: Support

    private static let chosen = ["GOOGLE_APPLICATION_CREDENTIALS": "/key.json"]

    private static func serviceAccount(_ key: _RSA.Signing.PrivateKey) -> String {
        serviceAccount(key.pemRepresentation.replacingNewlines)
    }

    private static func serviceAccount(_ pem: String, tokenURL: String = "https://token.example/token") -> String {
        """
        {"type":"service_account","client_email":"ci@p.iam.gserviceaccount.com","private_key_id":"k1",
        "private_key":"\(pem)","token_uri":"\(tokenURL)"}
        """
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return try #require(Base64.decode(standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)))
    }

    private static func json(_ part: String) throws -> JSON { try JSON(bytes(part)) }
}

extension String {
    /// As JSON writes it.
    fileprivate var replacingNewlines: String { split(separator: "\n").joined(separator: "\\n") + "\\n" }
}
