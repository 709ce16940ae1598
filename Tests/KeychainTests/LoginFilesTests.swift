// SPDX-License-Identifier: Apache-2.0

import Keychain
import OCI
import RegistryAuth
import Testing

@Suite struct LoginFilesTests {
    /// A file with one login for `h.io`, whose user is named after the file.
    private static func file(_ user: String, key: String = "h.io") -> String {
        #"{"auths":{"\#(key)":{"username":"\#(user)","password":"p"}}}"#
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        /// Files that are there; each holds a login whose user is the path.
        let files: [String]
        var variables: [String: String] = [:]
        /// The file whose login is used.
        let expected: String?
        var testDescription: String { name }
    }

    private static let docker = "/home/u/.docker/config.json"
    private static let podman = "/home/u/.config/containers/auth.json"

    static let rows = [
        Row(name: "nowhere", files: [], expected: nil),
        Row(name: "Docker's at home", files: [docker], expected: docker),
        Row(name: "Docker's before Podman's", files: [docker, podman], expected: docker),
        Row(
            name: "the chosen Docker file", files: [docker, "/d/config.json"], variables: ["DOCKER_CONFIG": "/d"],
            expected: "/d/config.json"),
        Row(
            name: "the chosen one without one at home", files: ["/d/config.json", podman],
            variables: ["DOCKER_CONFIG": "/d"], expected: "/d/config.json"),
        Row(
            name: "one at home and a chosen one that is not there: nobody, as in gcrane", files: [docker, podman],
            variables: ["DOCKER_CONFIG": "/d"], expected: nil),
        Row(
            name: "no Docker file at all: Podman's, whatever DOCKER_CONFIG says", files: [podman],
            variables: ["DOCKER_CONFIG": "/d"], expected: podman),
        Row(
            name: "REGISTRY_AUTH_FILE", files: ["/r.json", "/x/containers/auth.json", podman],
            variables: ["REGISTRY_AUTH_FILE": "/r.json", "XDG_RUNTIME_DIR": "/x"], expected: "/r.json"),
        Row(
            name: "REGISTRY_AUTH_FILE that is not there", files: ["/x/containers/auth.json", podman],
            variables: ["REGISTRY_AUTH_FILE": "/r.json", "XDG_RUNTIME_DIR": "/x"],
            expected: "/x/containers/auth.json"),
        Row(
            name: "Podman's runtime folder", files: ["/x/containers/auth.json", podman],
            variables: ["XDG_RUNTIME_DIR": "/x"], expected: "/x/containers/auth.json"),
        Row(
            name: "Podman's folder of a user without a session", files: ["/run/containers/1000/auth.json", podman],
            expected: "/run/containers/1000/auth.json"),
        Row(name: "Podman's configuration", files: [podman], expected: podman),
        Row(
            name: "Podman's configuration elsewhere", files: ["/c/containers/auth.json", podman],
            variables: ["XDG_CONFIG_HOME": "/c"], expected: "/c/containers/auth.json"),
    ]

    @Test(arguments: rows) func `exactly one file is read, chosen as gcrane does`(row: Row) async throws {
        let files = row.files.map { ($0, Self.file($0)) }
        let machine = Machine(files: Dictionary(uniqueKeysWithValues: files), variables: row.variables)
        #expect(try await machine.user("h.io") == row.expected)
    }

    @Test func `an answer says which file it is from`() async throws {
        let machine = Machine(files: [Self.docker: Self.file("u")])
        #expect(try await machine.answer("h.io").source == Self.docker)
    }

    @Test func `a missing login says where it was looked for`() async throws {
        let machine = Machine(files: [Self.docker: Self.file("u")])
        #expect(try await machine.answer("g.io").hint == "no login for g.io was found; looked in \(Self.docker)")
        let bare = try await Machine().answer("g.io").hint
        #expect(
            bare
                == "no login for g.io was found; looked in \(Self.docker), /run/containers/1000/auth.json, \(Self.podman)"
        )
    }

    @Test func `a DOCKER_CONFIG that names a file is told, for the login at home is not read then`() async throws {
        let machine = Machine(
            files: [Self.docker: Self.file("u"), "/d/config.json": Self.file("v")],
            variables: ["DOCKER_CONFIG": "/d/config.json"])
        #expect(
            await failure { try await machine.answer("h.io") }
                == "loading config file: open /d/config.json/config.json: not a directory")
    }

    // MARK: DOCKER_AUTH_CONFIG

    @Test func `DOCKER_AUTH_CONFIG beats the entries and the helpers of the file`() async throws {
        let inline = ["DOCKER_AUTH_CONFIG": Self.file("inline")]
        let entry = Machine(files: [Self.docker: Self.file("file")], variables: inline)
        #expect(try await entry.user("h.io") == "inline")
        let helper = Machine(files: [Self.docker: #"{"credsStore":"pass"}"#], variables: inline)
        #expect(try await helper.answer("h.io").source == "DOCKER_AUTH_CONFIG")
        #expect(helper.runs.isEmpty)
    }

    @Test func `DOCKER_AUTH_CONFIG needs no file, and leaves other hosts to it`() async throws {
        let inline = ["DOCKER_AUTH_CONFIG": Self.file("inline")]
        #expect(try await Machine(variables: inline).user("h.io") == "inline")
        let both = Machine(files: [Self.docker: Self.file("file", key: "g.io")], variables: inline)
        #expect(try await both.user("g.io") == "file")
    }

    @Test(arguments: ["{", #"{"auths":{},"credsStore":"x"}"#, #"{"auths":{"h.io":{"auth":"!"}}}"#])
    func `a DOCKER_AUTH_CONFIG that makes no sense is left out, with a warning`(text: String) async throws {
        let machine = Machine(
            files: [Self.docker: Self.file("file")], variables: ["DOCKER_AUTH_CONFIG": text])
        let warning = try machine.keychain().warning
        #expect(warning?.hasPrefix("DOCKER_AUTH_CONFIG is left out of account: ") == true)
        #expect(try await machine.user("h.io") == "file")
    }

    // MARK: Content

    @Test func `the most specific of Podman's entries is used`() async throws {
        let entries = ["h.io", "h.io/team", "h.io/team/app", "h.io/team/application"].map {
            #""\#($0)":{"username":"\#($0)","password":"p"}"#
        }
        let machine = Machine(files: [Self.podman: #"{"auths":{\#(entries.joined(separator: ","))}}"#])
        #expect(try await machine.user("h.io", "team/app") == "h.io/team/app")
        #expect(try await machine.user("h.io", "team/app/sub") == "h.io/team/app")
        #expect(try await machine.user("h.io", "team/other") == "h.io/team")
        #expect(try await machine.user("h.io", "other") == "h.io")
        #expect(try await machine.answer("h.io").extent == .repository)
    }

    @Test func `a file that cannot be read stops before anything is asked`() async throws {
        let machine = Machine(files: [Self.docker: #"{"auths":{"other":{"auth":"!"}}}"#])
        let error = await failure { try await machine.answer("h.io") }
        #expect(error == #"parsing config file (\#(Self.docker)): the "auth" of "other" is not base64"#)
    }
}
