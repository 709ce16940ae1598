// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `auth` as scripts use crane's.
@Suite struct AuthCommandTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func auth(_ arguments: String..., input: String = "") async throws -> Finished {
        // Nothing of the machine's own logins.
        let surroundings = [
            "HOME": scratch.path, "DOCKER_CONFIG": "", "DOCKER_AUTH_CONFIG": "", "REGISTRY_AUTH_FILE": "",
            "XDG_RUNTIME_DIR": scratch.path, "XDG_CONFIG_HOME": "", "GOOGLE_APPLICATION_CREDENTIALS": "",
            "PATH": "\(scratch.path)/bin:/usr/bin:/bin",
        ]
        return try await Tool.run(
            Tool.products.appending(path: "transship").path, ["auth"] + arguments, environment: surroundings,
            input: input)
    }

    private var file: String { scratch.path + "/.docker/config.json" }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `login, get, logout, get`() async throws {
        let login = try await auth(
            "login", "h.io:5000", "-u", "me", "--password-stdin", "--no-check", input: "pa:ss\r\n")
        #expect(login.status == 0, "\(login)")
        #expect(login.output.isEmpty)
        #expect(login.errors.contains(" logged in via \(file)\n"))
        #expect(!login.errors.contains("pa:ss"))
        #expect(try permissions(file) == 0o600)
        #expect(try permissions(scratch.path + "/.docker") == 0o700)

        let found = try await auth("get", "h.io:5000")
        #expect(found.output == #"{"Username":"me","Secret":"pa:ss"}"# + "\n", "\(found)")
        let byInput = try await auth("get", input: "h.io:5000\n")
        #expect(byInput.output == found.output)

        let logout = try await auth("logout", "h.io:5000")
        #expect(logout.status == 0)
        #expect(logout.errors.contains(" logged out via \(file)\n"))
        let missing = try await auth("get", "h.io:5000")
        #expect(missing.status == 1)
        #expect(missing.output == "credentials not found in native keychain\n")
    }

    @Test func `a login through a link keeps the link, and the mode gets strict`() async throws {
        let real = try scratch.write("real.json", #"{"auths":{},"unknown":true}"#)
        try FileManager.default.createDirectory(atPath: scratch.path + "/.docker", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: real)
        let login = try await auth("login", "docker.io", "-u", "u", "-p", "p", "--no-check")
        #expect(login.status == 0, "\(login)")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: file) == real)
        #expect(try permissions(real) == 0o600)
        let text = try scratch.read("real.json")
        #expect(text.contains("\"unknown\": true"))
        #expect(text.contains("\"https://index.docker.io/v1/\""))
        let leftovers = try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter {
            $0.hasPrefix("real.json.")
        }
        #expect(leftovers.isEmpty)
    }

    @Test func `nobody and nothing to log in with is an error`() async throws {
        let login = try await auth("login", "h.io")
        #expect(login.status == 1)
        #expect(login.errors.hasSuffix("rror: username and password required\n"), "\(login)")
    }

    @Test func `a login goes to the helper the file names`() async throws {
        try FileManager.default.createDirectory(atPath: scratch.path + "/.docker", withIntermediateDirectories: true)
        try Data(#"{"credsStore":"box"}"#.utf8).write(to: URL(filePath: file))
        try await scratch.writeProgram(
            "bin/docker-credential-box",
            """
            case $1 in
            store) cat > "$HOME/box" ;;
            get) read server; if [ -e "$HOME/box" ]; then cat "$HOME/box"; else echo credentials not found in native keychain; exit 1; fi ;;
            erase) rm -f "$HOME/box" ;;
            esac
            """)
        let login = try await auth("login", "h.io", "-u", "me", "-p", "hunter2", "--no-check")
        #expect(login.status == 0, "\(login)")
        #expect(!login.errors.contains("unencrypted"))
        #expect(try !String(contentsOf: URL(filePath: file), encoding: .utf8).contains("hunter2"))
        let found = try await auth("get", "h.io")
        #expect(found.output == #"{"Username":"me","Secret":"hunter2"}"# + "\n", "\(found)")
        let logout = try await auth("logout", "h.io")
        #expect(logout.status == 0, "\(logout)")
        let missing = try await auth("get", "h.io")
        #expect(missing.status == 1)
    }

    /// As editors of other systems write them.
    @Test func `users in lines that end with a carriage return are users`() async throws {
        let users = try scratch.write("users", "# ours\r\nme:pass\r\nann:word:two\r\n")
        let registry = try await Peer.embedded("--users", users)
        for (name, password, status) in [("me", "pass", 0), ("ann", "word:two", 0), ("me", "pass\r\nann:word:two", 1)] {
            let login = try await auth("login", registry.address, "-u", name, "-p", password)
            #expect(login.status == Int32(status), "\(login)")
        }
    }

    @Test(arguments: [
        ["auth", "get", "https://bob:hush@x.example"],
        ["auth", "login", "https://bob:hush@x.example", "-u", "a", "-p", "b"],
        ["catalog", "http://bob:hush@127.0.0.1:9"], ["ls", "https://bob:hush@127.0.0.1:9/app"],
        ["bench", "registry", "http://bob:hush@127.0.0.1:9"], ["bench", "registry", "http://127.0.0.1:9/?token=hush"],
        ["batch", "--to", "https://bob:hush@127.0.0.1:9/x", "-"],
        ["rewrite", "--to", "https://bob:hush@x.example", "."],
    ])
    func `a login that was pasted with an address is not repeated`(words: [String]) async throws {
        let run = try await Tool.run(Tool.products.appending(path: "transship").path, words)
        #expect(run.status != 0 && !(run.output + run.errors).contains("hush"), "\(run)")
    }

    /// Each way in which registries ask for a login.
    @Test(arguments: [["--token-auth"], []])
    func `a login that the registry refuses is not kept`(way: [String]) async throws {
        let users = try scratch.write("users", "me:pass\n")
        let registry = try await Peer.embedded(["--users", users] + way)
        let refused = try await auth("login", registry.address, "-u", "me", "-p", "wrong")
        #expect(refused.status == 1 && refused.errors.contains("\(registry.address) refused the login: "), "\(refused)")
        #expect(!refused.errors.contains("--no-check"), "\(refused)")
        #expect(try await auth("get", registry.address).status == 1)
        let taken = try await auth("login", registry.address, "-u", "me", "-p", "pass")
        #expect(taken.status == 0 && taken.errors.contains("logged in via"), "\(taken)")
    }

    @Test func `where nobody needs a login, and where nobody answers, that is told`() async throws {
        let open = try await Peer.embedded()
        let kept = try await auth("login", open.address, "-u", "me", "-p", "pass")
        #expect(kept.status == 0 && kept.errors.contains("does not require a login"), "\(kept)")
        let silent = try await auth("login", "127.0.0.1:1", "-u", "me", "-p", "pass")
        #expect(silent.status == 1 && silent.errors.contains("127.0.0.1:1 could not be asked"), "\(silent)")
        #expect(silent.errors.contains("hint: --no-check keeps the login without asking\n"), "\(silent)")
    }

    @Test func `a token is printed as crane prints it`() async throws {
        let users = try scratch.write("users", "me:pass\n")
        let registry = try await Peer.embedded("--users", users, "--token-auth")
        let login = try await auth("login", registry.address, "-u", "me", "-p", "pass")
        #expect(login.status == 0, "\(login)")
        let token = try await auth("token", registry.address + "/team/app", "--push", "-m", registry.address + "/other")
        #expect(token.output.hasPrefix(#"{"token":""#), "\(token)")
        #expect(token.output.contains(#""expires_in":300"#))
        let header = try await auth("token", "-H", registry.address + "/team/app")
        #expect(header.output.hasPrefix("Authorization: Bearer "))
        #expect(!header.output.hasSuffix("\n"))
        let open = try await Peer.embedded()
        let none = try await auth("token", open.address + "/team/app")
        #expect(none.status == 1)
        #expect(none.errors.contains(#"rror: challenge scheme "" is not bearer"#), "\(none)")
    }
}
