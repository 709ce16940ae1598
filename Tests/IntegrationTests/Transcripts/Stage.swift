// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import ImageFixtures
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing

/// The registries transcripts are played against, and links to the program under the names it is known by.
struct Stage: Sendable {
    let scratch: Scratch
    private let servers: [(name: String, server: RegistryServer)]
    let names: DigestNames
    /// Where `gcrane` and `crane` are; other programs than ours where the environment says so.
    let programs: String
    /// Requests the two registries have had.
    let requests: (source: RequestLog, target: RequestLog)

    /// Runs `body` on a fresh stage: `{source}` holds one image of every shape, `{target}` nothing, `{locked}` wants a
    /// password, `{token}` a token for one, `{frozen}` takes nothing, `{odd}` answers strangely, `{plain}` speaks no TLS where
    /// plain http is not allowed, `{google}` lists `team`
    /// and `team/app` as Google's registries would, `{closed}` is a port where nobody listens.
    static func with(_ body: (Stage) async throws -> Void) async throws {
        let scratch = try Scratch()
        let logs = (source: RequestLog(), target: RequestLog())
        let images = try Workload.shapes.images(files: FixtureFiles(fixtures: ""))
        let rules = oddities + [oldImage(of: images)]
        let servers = try await [
            ("source", start { $0.accessLog = { logs.source.add($0) } }),
            ("target", start { $0.accessLog = { logs.target.add($0) } }),
            ("locked", start { $0.users = ["ann": "secret"] }),
            (
                "token",
                start {
                    $0.users = ["ann": "secret"]
                    $0.tokens = BearerTokenAuthenticator.Settings()
                }
            ),
            ("frozen", start { $0.isReadOnly = true }),
            ("odd", start { $0.wrap = { FaultyRegistry($0, rules: rules) } }),
            ("plain", start { $0.host = "127.0.0.2" }),
            ("google", start { $0.wrap = { FaultyRegistry($0, rules: googleLists(images)) } }),
        ]
        let stage = try Stage(
            scratch: scratch, servers: servers, names: DigestNames(images), requests: logs)
        do {
            try await Tool.seed(servers[0].1.authority, "--set", "shapes")
            try await body(stage)
        } catch {
            await stage.close()
            throw error
        }
        await stage.close()
    }

    private init(
        scratch: Scratch, servers: [(String, RegistryServer)], names: DigestNames, requests: (RequestLog, RequestLog)
    ) throws {
        self.requests = requests
        self.scratch = scratch
        self.servers = servers
        self.names = names
        programs = Originals.folder ?? scratch.path + "/bin"
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/bin", withIntermediateDirectories: true)
        try Self.writeLayers(to: scratch.path)
        for name in ["gcrane", "crane", "transship"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(scratch.path)/bin/\(name)", withDestinationPath: Tool.products.path + "/transship")
        }
    }

    /// `layer.tar` and `layer.tar.gz`, the same archive.
    private static func writeLayers(to folder: String) throws {
        let tar = FixtureContent.tar([.text("hello", "hello\n")])
        try Data(tar.joined()).write(to: URL(filePath: folder + "/layer.tar"))
        try Data(tar.gzipped().joined()).write(to: URL(filePath: folder + "/layer.tar.gz"))
    }

    private func close() async {
        for (_, server) in servers { await server.shutdown(grace: .zero) }
    }

    private static func start(_ change: (inout RegistryConfiguration) -> Void) async throws -> RegistryServer {
        var configuration = RegistryConfiguration.patient()
        change(&configuration)
        return try await RegistryServer.start(configuration)
    }

    private static let oddities = [
        FaultRule(
            RequestMatch(.GET, .manifest, repository: "two"), .always,
            .answer(
                .badRequest,
                body: #"{"errors":[{"code":"A","message":"one","detail":{"Tag":"v9"}},{"code":"B","message":"two"}]}"#)),
        FaultRule(
            RequestMatch(.GET, .manifest, repository: "text"), .always, .answer(.imATeapot, body: "short and stout")),
        FaultRule(RequestMatch(.GET, .manifest, repository: "silent"), .always, .answer(.notAcceptable)),
        FaultRule(
            RequestMatch(.GET, .manifest, repository: "detail"), .always,
            .answer(.badRequest, body: #"{"errors":[{"code":"A","message":"b","detail":[]}]}"#)),
        FaultRule(RequestMatch(.HEAD, .manifest, repository: "closed"), .always, .answer(.conflict)),
        FaultRule(
            RequestMatch(.GET, .manifest, repository: "tree/bad"), .always, .answer(.imATeapot, body: "short and stout")
        ),
        FaultRule(RequestMatch(.GET, .catalog), .nth(3), .answer(.notFound)),
        FaultRule(RequestMatch(.GET, .blob, repository: "corrupt"), .always, .corrupt(atByte: 5)),
        FaultRule(RequestMatch(.GET, .manifest, repository: "bent"), .always, .corrupt(atByte: 5)),
        FaultRule(RequestMatch(.GET, .manifest, repository: "untyped"), .always, .header("Content-Type", nil)),
        FaultRule(
            RequestMatch(.GET, .tags, repository: "warned"), .always,
            .answer(
                .ok, headers: ["Content-Type": "application/json", "Warning": #"299 - "this registry is old""#],
                body: #"{"name":"warned","tags":["v1"]}"#)),
        FaultRule(RequestMatch(.GET, .tags, repository: "two"), .always, .answer(.imATeapot, body: "short and stout")),
        FaultRule(
            RequestMatch(repository: "denied"), .always,
            .answer(.forbidden, body: #"{"errors":[{"code":"DENIED","message":"not for you"}]}"#)),
        FaultRule(
            RequestMatch(repository: "html"), .always,
            .answer(
                .forbidden, headers: ["Content-Type": "text/html"],
                body: "<html><title>No</title><body>Not here</body></html>")),
        FaultRule(RequestMatch(repository: "gone"), .always, .answer(.notFound)),
        FaultRule(RequestMatch(repository: "broken"), .always, .answer(.internalServerError)),
        FaultRule(RequestMatch(.HEAD, .manifest, repository: "shaky"), .nth(2), .answer(.serviceUnavailable)),
        FaultRule(RequestMatch(.GET, .tags, repository: "shaky"), .nth(1), .answer(.badGateway)),
        FaultRule(RequestMatch(.DELETE, .manifest, repository: "shaky"), .nth(1), .answer(.gatewayTimeout)),
    ]

    /// `{odd}/old:v1` is of Docker's schema 1, with the blobs of an image that has to be there.
    private static func oldImage(of images: [FixtureImage]) -> FaultRule {
        let blobs = images.first { $0.repository == "shapes/oci" }?.graph.blobs ?? []
        let layers = blobs.dropFirst().flatMap { ["{\"blobSum\":\"\($0.descriptor.digest)\"}"] }
        let body =
            #"{"schemaVersion":1,"name":"old","tag":"v1","fsLayers":["# + (layers + layers).joined(separator: ",")
            + #"],"history":[]}"#
        return FaultRule(
            RequestMatch(nil, .manifest, repository: "old", reference: "v1"), .always,
            .answer(
                .ok,
                headers: [
                    "Content-Type": "application/vnd.docker.distribution.manifest.v1+json",
                    "Docker-Content-Digest": ContentHash.digest(of: body.utf8).text,
                ], body: body))
    }

    /// `team` holds nothing but `team/app`, which has an index under two tags, its children, and an image without a tag.
    /// `loose` has a tag that none of its manifests has, and of `above` the registry tells what is below it and no manifests.
    private static func googleLists(_ images: [FixtureImage]) -> [FaultRule] {
        let manifests = { (name: String) in images.first { $0.repository == name }?.graph.manifests ?? [] }
        let index = manifests("shapes/index").map { ($0, $0.digest == manifests("shapes/index").last?.digest) }
        let entries = (index + manifests("shapes/zstd").map { ($0, false) }).map { manifest, isTagged in
            entry(manifest, tags: isTagged ? #""stable","v1""# : "")
        }
        let oci = manifests("shapes/oci").map { entry($0, tags: #""v1""#) }.joined(separator: ",")
        return [
            list("team", #"{"child":["app"],"manifest":{},"name":"team","tags":[]}"#),
            list(
                "team/app",
                #"{"child":[],"manifest":{\#(entries.joined(separator: ","))},"name":"team/app","tags":["stable","v1"]}"#
            ),
            list("loose", #"{"child":[],"manifest":{\#(oci)},"name":"loose","tags":["v1","v2"]}"#),
            list("above", #"{"child":["below"],"name":"above","tags":["v1"]}"#),
        ]
    }

    private static func entry(_ manifest: FixtureManifest, tags: String) -> String {
        #""\#(manifest.digest)":{"imageSizeBytes":"1","mediaType":"\#(manifest.mediaType.asReceived)","tag":[\#(tags)],"#
            + #""timeCreatedMs":"0","timeUploadedMs":"0"}"#
    }

    private static func list(_ repository: String, _ body: String) -> FaultRule {
        FaultRule(
            RequestMatch(.GET, .tags, repository: repository), .always,
            .answer(.ok, headers: ["Content-Type": "application/json"], body: body))
    }

    // MARK: - Playing

    /// Carries out a command line and says what came of it, as a transcript has it.
    func play(_ command: String) async throws -> [String] {
        let finished = try await finish(command)
        let content = finished.output.isEmpty ? nil : names.whole[ContentHash.digest(of: finished.output.utf8)]
        let output = content.map { ["> <\($0)>"] }
        let lines =
            (output ?? Self.lines(finished.output, "> ")) + Self.lines(finished.errors, "! ") + ["= \(finished.status)"]
        return Transcript.ordered(lines.map { masked($0) })
    }

    private func finish(_ command: String) async throws -> Finished {
        let environment = [
            "HOME": scratch.path, "DOCKER_CONFIG": scratch.path + "/no-config", "TZ": "UTC", "NO_COLOR": "1",
        ]
        if command.hasPrefix("sh: ") {
            let shell = environment.merging(["PATH": "\(programs):/usr/bin:/bin", "LC_ALL": "C.UTF-8"]) { $1 }
            let text = "cd \(scratch.path); \(filled(String(command.dropFirst(4))))"
            return try await Tool.run("/usr/bin/bash", ["-c", text], environment: shell)
        }
        let words = command.split(separator: " ").map { filled($0 == "''" ? "" : String($0)) }
        let folder = words[0] == "transship" ? scratch.path + "/bin" : programs
        return try await Tool.run("\(folder)/\(words[0])", Array(words.dropFirst()), environment: environment)
    }

    /// Runs a script that finds the programs on its path.
    ///
    /// - Parameter files: beside it, in the folder it runs in, by name.
    func runScript(
        _ text: String, files: [String: String] = [:], environment: [String: String] = [:]
    ) async throws -> Finished {
        for (name, text) in files { _ = try scratch.write(name, filled(text)) }
        _ = try scratch.write("script.sh", filled(text))
        return try await Tool.run(
            "bash", ["-c", #"cd "$HOME" && exec bash script.sh"#],
            environment: environment.mapValues(filled).merging([
                "PATH": "\(programs):/usr/bin:/bin", "HOME": scratch.path, "DOCKER_CONFIG": scratch.path + "/no-config",
            ]) { $1 })
    }

    private static func lines(_ text: String, _ mark: String) -> [String] {
        guard !text.isEmpty else { return [] }
        let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
        return body.split(separator: "\n", omittingEmptySubsequences: false).map { mark + $0 }
    }

    private var places: [(name: String, text: String)] {
        servers.map { ("{\($0.name)}", $0.server.authority) }
            + [
                ("{closed}", "127.0.0.1:1"), ("{scratch}", scratch.path),
                ("{zero}", "sha256:" + String(repeating: "0", count: 64)),
            ]
    }

    /// A text with every place's address in it.
    func filled(_ word: String) -> String {
        places.reduce(names.filled(word)) { $0.replacingOccurrences(of: $1.name, with: $1.text) }
    }

    /// - Parameter meanings: digests with what to call them; none: what is no fixture's is another one.
    func masked(_ line: String, _ meanings: [String: String] = [:]) -> String {
        var line = places.reduce(line) { $0.replacingOccurrences(of: $1.text, with: $1.name) }
        line = line.replacing(#/\d{4}/\d\d/\d\d \d\d:\d\d:\d\d /#, with: "TIME ")
        line = line.replacing(#/\ size: \d+$/#, with: " size: N")
        return names.named(line).replacing(#/sha256:[0-9a-f]{64}/#) { found in
            "sha256:" + (meanings[String(found.output)] ?? "{other}")
        }
    }
}

/// The requests a registry has had.
final class RequestLog: Sendable {
    private let records = Mutex<[AccessRecord]>([])
    var count: Int { records.withLock { $0.count } }
    func add(_ record: AccessRecord) { records.withLock { $0.append(record) } }

    /// Every manifest that was put, as `REPOSITORY REFERENCE`.
    var manifestsPut: Set<String> {
        let paths = records.withLock { $0.filter { $0.method == "PUT" }.map(\.path) }
        return Set(
            paths.compactMap { $0.firstMatch(of: #/^\/v2\/(.+)\/manifests\/([^\/?]+)/#) }.map { "\($0.1) \($0.2)" })
    }
}

/// Names for the digests of the fixtures: another zlib would make other bytes of the same layers.
struct DigestNames: Sendable {
    private var names: [String: String] = [:]
    /// Contents by their digest, for what is printed as it is.
    private(set) var whole: [Digest: String] = [:]

    init(_ images: [FixtureImage]) {
        for image in images {
            let name = image.repository.replacingOccurrences(of: "shapes/", with: "")
            for (position, manifest) in image.graph.manifests.reversed().enumerated() {
                add(manifest.digest, position == 0 ? name : "\(name) child \(position)")
            }
            for (position, blob) in image.graph.blobs.enumerated() {
                add(blob.descriptor.digest, "\(name) blob \(position)")
            }
        }
    }

    private mutating func add(_ digest: Digest, _ name: String) {
        guard names[digest.text] == nil else { return }
        names[digest.text] = "sha256:{\(name)}"
        whole[digest] = name
    }

    func named(_ text: String) -> String {
        names.reduce(text) { $0.contains("sha256:") ? $0.replacingOccurrences(of: $1.key, with: $1.value) : $0 }
    }

    /// Underscores stand for the blanks of a name, because commands are split at blanks.
    func filled(_ text: String) -> String {
        guard text.contains("sha256:{") else { return text }
        return names.reduce(text) {
            $0.replacingOccurrences(of: $1.value.replacingOccurrences(of: " ", with: "_"), with: $1.key)
        }
    }
}
