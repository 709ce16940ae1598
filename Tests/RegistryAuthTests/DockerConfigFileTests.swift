// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import RegistryAuth
import Testing

@Suite struct DockerConfigFileTests {
    private func user(_ json: String, _ host: String, _ repository: String = "team/app") throws -> String? {
        let file = try DockerConfigFile(Array(json.utf8))
        let finding = try file.lookUp(RegistryHost(host), Repository(repository))
        guard case .stored(.basic(let user, _)) = finding.login else { return nil }
        return user
    }

    private static func auths(_ users: KeyValuePairs<String, String>) -> String {
        let entries = users.map { "\"\($0.key)\":{\"username\":\"\($0.value)\",\"password\":\"p\"}" }
        return "{\"auths\":{\(entries.joined(separator: ","))}}"
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let keys: [String]
        let host: String
        /// The key whose login is used.
        let expected: String?
        var testDescription: String { name }
    }

    static let rows = [
        Row(name: "exact host", keys: ["ghcr.io"], host: "ghcr.io", expected: "ghcr.io"),
        Row(name: "another host", keys: ["ghcr.io"], host: "ghrc.io", expected: nil),
        Row(name: "the port counts", keys: ["h:5000"], host: "h:5001", expected: nil),
        Row(name: "https spelling", keys: ["https://h.io"], host: "h.io", expected: "https://h.io"),
        Row(name: "old endpoint", keys: ["http://h.io/v1/"], host: "h.io", expected: "http://h.io/v1/"),
        Row(
            name: "a URL with port and path", keys: ["https://h.io:5000/v2/team/"], host: "h.io:5000",
            expected: "https://h.io:5000/v2/team/"),
        Row(name: "the port of a URL counts", keys: ["https://h.io:5000/v2/"], host: "h.io", expected: nil),
        Row(name: "a URL with a user", keys: ["https://me@h.io/v1/"], host: "h.io", expected: "https://me@h.io/v1/"),
        Row(name: "a URL with a query", keys: ["https://h.io?a=b"], host: "h.io", expected: "https://h.io?a=b"),
        Row(name: "any scheme", keys: ["docker://h.io"], host: "h.io", expected: "docker://h.io"),
        Row(name: "a host with port and path", keys: ["h.io:5000/v2/"], host: "h.io:5000", expected: "h.io:5000/v2/"),
        Row(
            name: "exact before other spellings", keys: ["https://h.io", "h.io", "h.io/"], host: "h.io",
            expected: "h.io"),
        Row(
            name: "the repository's own entry first", keys: ["h.io", "h.io/team/app", "h.io/team"], host: "h.io",
            expected: "h.io/team/app"),
        Row(name: "then its namespace", keys: ["h.io", "h.io/team"], host: "h.io", expected: "h.io/team"),
        Row(name: "the host before a stranger's path", keys: ["h.io/other", "h.io"], host: "h.io", expected: "h.io"),
        Row(name: "any path as a last resort", keys: ["h.io/zzz", "h.io/b"], host: "h.io", expected: "h.io/b"),
        Row(
            name: "Docker Hub's key", keys: ["https://index.docker.io/v1/"], host: "docker.io",
            expected: "https://index.docker.io/v1/"),
        Row(
            name: "Docker Hub as podman writes it", keys: ["docker.io"], host: "index.docker.io", expected: "docker.io"),
        Row(name: "a prefix of a name is another host", keys: ["h.io.evil.example"], host: "h.io", expected: nil),
        Row(
            name: "a prefix of a path is another path", keys: ["h.io/team/ap", "h.io"], host: "h.io", expected: "h.io"),
    ]

    @Test(.covers("S14"), arguments: rows) func `finds the entry that fits best`(row: Row) throws {
        // In both orders: the file's order must not matter.
        for keys in [row.keys, row.keys.reversed()] {
            let entries = keys.map { "\"\($0)\":{\"username\":\"\($0)\",\"password\":\"p\"}" }
            let json = "{\"auths\":{\(entries.joined(separator: ","))}}"
            #expect(try user(json, row.host) == row.expected)
        }
    }

    @Test(arguments: [
        (#"{"auths":{"h.io":{"username":"a","password":"p"},"h.io":{"username":"b","password":"p"}}}"#, "b"),
        (#"{"auths":{"h.io":{"username":"a","password":"p"}},"auths":{"i.io":{}}}"#, "a"),
        (#"{"auths":{"h.io":{"username":"a","password":"p"}},"Auths":{"h.io":{"username":"b","password":"p"}}}"#, "b"),
        (#"{"auths":{"h.io":{"username":"a","password":"p"}},"auths":null}"#, nil),
        (#"{"auths":{"h.io":{"username":"a","username":"b","password":"p"}}}"#, "b"),
        (#"{"auths":{"h.io":{"username":"b","username":null,"password":"p"}}}"#, "b"),
        (#"{"auths":{"h.io":{"auth":"broken"},"h.io":{"username":"b","password":"p"}}}"#, "b"),
        (#"{"auths":{"h.io":{"username":"a\ud800b","password":"p"}}}"#, "a\u{FFFD}b"),
        (#"{"auths":{"h.io":{"username":"a","password":"p"}}} and more"#, "a"),
        (#"{"auths":{"h.io":{"username":"a","password":"p"}}}{"auths":{}}"#, "a"),
    ])
    func `what Go's decoder lets pass is read as Docker reads it`(json: String, expected: String?) throws {
        #expect(try user(json, "h.io") == expected)
    }

    @Test func `a password is the bytes it was stored with, text or not`() throws {
        let auth = Base64.encode(Array("user:p".utf8) + [0xE9, 0xFF, 0, 0])
        let file = try DockerConfigFile(Array(#"{"auths":{"h.io":{"auth":"\#(auth)"}}}"#.utf8))
        guard case .stored(let credential) = try file.lookUp(RegistryHost("h.io"), nil).login else {
            Issue.record("no login")
            return
        }
        #expect(credential.basicValue?.reveal() == "Basic " + Base64.encode(Array("user:p".utf8) + [0xE9, 0xFF]))
    }

    @Test func `bytes in a file that are no text become the sign for that`() throws {
        let bytes = Array(#"{"auths":{"h.io":{"username":""#.utf8) + [0xFF] + Array(#"","password":"p"}}}"#.utf8)
        let found = try DockerConfigFile(bytes).lookUp(RegistryHost("h.io"), nil).login
        #expect(found == .stored(.basic(user: "\u{FFFD}", password: Secret("p"))))
    }

    @Test func `reads auth, identity tokens and registry tokens`() throws {
        let json = """
            {"auths":{
              "a.io":{"auth":"dXNlcjpwYTpzcw==","username":"ignored","password":"ignored"},
              "b.io":{"auth":"dXNlcjo=","identitytoken":"refresh"},
              "c.io":{"registrytoken":"bearer"},
              "d.io":{},
              "e.io":{"auth":"dXNlcjpwYTpzcw==","registrytoken":"bearer"},
              "f.io":{"password":"alone"}}}
            """
        let file = try DockerConfigFile(Array(json.utf8))
        let login = { (host: String) in try file.lookUp(RegistryHost(host), nil).login }
        #expect(try login("a.io") == .stored(.basic(user: "user", password: Secret("pa:ss"))))
        #expect(try login("b.io") == .stored(.identityToken(Secret("refresh"), user: "user", password: Secret(""))))
        #expect(try login("c.io") == .stored(.registryToken(Secret("bearer"))))
        #expect(try login("d.io") == .none)
        let both = Credential.registryToken(Secret("bearer"), user: "user", password: Secret("pa:ss"))
        #expect(try login("e.io") == .stored(both))
        #expect(try login("f.io") == .stored(.basic(user: "", password: Secret("alone"))))
    }

    @Test(arguments: [
        (#"{"auths":{"h.io":{"auth":"dXNl\ncjpw\r\nYXNz\n"}}}"#, "pass"),
        (#"{"auths":{"h.io":{"auth":"dXNlcjoAcGFzcwAA"}}}"#, "pass"),
        (#"{"Auths":{"h.io":{"Auth":"dXNlcjpwYXNz"}}}"#, "pass"),
        (#"{"auth\u017f":{"h.io":{"Auth":"dXNlcjpwYXNz"}}}"#, "pass"),
        (#"{"auths":{"a.io":{},"b.io":null,"c.io":{"auth":""},"h.io":{"auth":"dXNlcjpwYXNz","email":null}}}"#, "pass"),
        (#"{"AUTHS":{"h.io":{"UserName":"user","PassWord":"pa\u0000ss"}},"other":[1]}"#, "pa\0ss"),
    ])
    func `takes what Docker's own reader takes`(json: String, password: String) throws {
        let file = try DockerConfigFile(Array(json.utf8))
        #expect(
            try file.lookUp(RegistryHost("h.io"), nil).login
                == .stored(.basic(user: "user", password: Secret(password))))
    }

    @Test(arguments: [
        (#"{"auths":{"h":{"auth":"!"}}}"#, #"the "auth" of "h" is not base64"#),
        (#"{"auths":{"h":{"auth":"dXNlcg=="}}}"#, #"the "auth" of "h" is not user:password"#),
        (#"{"auths":{"h":{"auth":"OnNlY3JldA=="}}}"#, #"the "auth" of "h" is not user:password"#),
        (#"{"auths":{"h":{"auth":5}}}"#, #""auth" of "h" is not a text"#),
        (#"{"auths":{"h":{"identitytoken":{}}}}"#, #""identitytoken" of "h" is not a text"#),
        (#"{"auths":{"h":[]}}"#, #"the entry of "h" is not an object"#),
        (#"{"auths":[]}"#, #""auths" is not an object"#),
        (#"{"credHelpers":{"h":1}}"#, #""credHelpers" is not a text"#),
        (#"{"credHelpers":"x"}"#, #""credHelpers" is not an object"#),
        (#"{"credsStore":5}"#, #""credsStore" is not a text"#),
        ("[]", "not a JSON object"),
    ])
    func `one unreadable entry makes the file unreadable`(json: String, message: String) {
        let error = #expect(throws: CredentialError.self) { try DockerConfigFile(Array(json.utf8)) }
        #expect(error?.description == message)
    }

    @Test(arguments: ["", " \n", "{}", "null", #"{"auths":null}"#, #"{"auths":{"h.io":null},"credsStore":null}"#])
    func `a file without logins is fine`(json: String) throws {
        #expect(try user(json, "h.io") == nil)
    }

    struct HelperRow: Sendable, CustomTestStringConvertible {
        let name: String
        let members: String
        var host = "h.io"
        let expected: DockerConfigFile.Finding.Login
        var testDescription: String { name }
    }

    static let helperRows = [
        HelperRow(
            name: "a host's helper beats its entry", members: #""credHelpers":{"h.io":"gcloud"}"#,
            expected: .helper("gcloud", server: "h.io")),
        HelperRow(
            name: "the default helper beats an entry", members: #""credsStore":"pass""#,
            expected: .helper("pass", server: "h.io")),
        HelperRow(
            name: "a host's helper beats the default", members: #""credsStore":"pass","credHelpers":{"h.io":"own"}"#,
            expected: .helper("own", server: "h.io")),
        HelperRow(
            name: "another host's helper does not count", members: #""credHelpers":{"g.io":"own"}"#,
            expected: .stored(.basic(user: "u", password: Secret("p")))),
        HelperRow(
            name: "an empty name means the file", members: #""credsStore":"pass","credHelpers":{"h.io":""}"#,
            expected: .stored(.basic(user: "u", password: Secret("p")))),
        HelperRow(
            name: "Docker Hub is asked for under its key", members: #""credsStore":"pass""#, host: "docker.io",
            expected: .helper("pass", server: "https://index.docker.io/v1/")),
    ]

    @Test(arguments: helperRows) func `a helper that holds the login is named`(row: HelperRow) throws {
        let json = #"{"auths":{"h.io":{"username":"u","password":"p"}},"# + row.members + "}"
        let file = try DockerConfigFile(Array(json.utf8))
        #expect(try file.lookUp(RegistryHost(row.host), nil).login == row.expected)
    }

    @Test func `a helper may be named for one repository`() throws {
        let json = #"{"auths":{"h.io":{"username":"u","password":"p"}},"credHelpers":{"h.io/team/app":"own"}}"#
        let file = try DockerConfigFile(Array(json.utf8))
        let found = { (repository: String) in try file.lookUp(RegistryHost("h.io"), Repository(repository)) }
        #expect(try found("team/app").login == .helper("own", server: "h.io/team/app"))
        #expect(try found("team/other").login == .stored(.basic(user: "u", password: Secret("p"))))
        #expect(try [found("team/app"), found("team/other")].map(\.extent) == [.repository, .repository])
    }

    @Test func `a password beside a token is for registries that ask for one`() throws {
        let json = #"{"auths":{"h.io":{"auth":"dXNlcjpwYXNz","identitytoken":"t"},"g.io":{"username":"u"}}}"#
        let file = try DockerConfigFile(Array(json.utf8))
        guard case .stored(let both) = try file.lookUp(RegistryHost("h.io"), nil).login,
            case .stored(let user) = try file.lookUp(RegistryHost("g.io"), nil).login
        else {
            Issue.record("no login")
            return
        }
        #expect(both.basicValue?.reveal() == "Basic dXNlcjpwYXNz")
        #expect(user == .basic(user: "u", password: Secret("")) && user.basicValue == nil)
    }

    @Test func `answers differ by repository only where entries do`() throws {
        let plain = try DockerConfigFile(Array(Self.auths(["h.io": "u"]).utf8))
        let scoped = try DockerConfigFile(Array(Self.auths(["h.io": "u", "h.io/team": "v"]).utf8))
        #expect(try plain.lookUp(RegistryHost("h.io"), nil).extent == .host)
        #expect(try scoped.lookUp(RegistryHost("h.io"), nil).extent == .repository)
    }

    @Test func `secrets cannot be printed`() {
        let credential = Credential.basic(user: "u", password: Secret("hunter2"))
        var dumped = ""
        dump(credential, to: &dumped)
        #expect(!"\(credential) \(String(reflecting: credential)) \(dumped)".contains("hunter2"))
    }

    @Test func `an empty password is not sent`() {
        #expect(Credential.basic(user: "u", password: Secret("")).basicValue == nil)
        #expect(Credential.basic(user: "u", password: Secret("p")).basicValue?.reveal() == "Basic dTpw")
    }
}
