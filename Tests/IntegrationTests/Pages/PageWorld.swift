// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the pages speak of, on this machine: registries on the internet under their own names, and other programs.
///
/// Two embedded registries stand behind a proxy, one for the names that images come from and one for all others. So commands
/// run as they are printed, with TLS, and reach nothing outside.
final class PageWorld: Sendable {
    private let certificate: Certificate
    private let hub: Peer
    private let sources: [String]

    private static let names = [
        "docker.io", "*.docker.io", "quay.io", "registry.k8s.io", "ghcr.io", "*.pkg.dev", "registry.example",
        "*.registry.example", "harbor.example", "*.dkr.ecr.eu-central-1.amazonaws.com", "mcr.microsoft.com",
    ]

    init(_ scratch: Scratch) async throws {
        certificate = try await Certificate(scratch, names: Self.names)
        hub = try await Self.registry(certificate)
        let list = "\(scratch.path)/seeded"
        let trust = ["SSL_CERT_FILE": certificate.authority]
        let plain = try await Peer.embedded()
        try await Tool.seed(plain.address, "--set", "guide", "--scale", "0.01", "--images-file", list)
        let seeded = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        sources = seeded
        for (image, name) in try Self.stock(seeded) {
            let copied = try await Tool.transship("cp", image, "\(hub.address)/\(name)", environment: trust)
            try #require(copied.status == 0, "\(copied)")
        }
    }

    /// What the registries of the internet hold, and which fixture it is.
    private static func stock(_ seeded: [String]) throws -> [(image: String, name: String)] {
        let debian = try #require(seeded.first { $0.hasSuffix("/debian:buster") })
        let redis = try #require(seeded.first { $0.hasSuffix("/redis:buster") })
        let guide = seeded.map { image -> (String, String) in
            let name = image.split(separator: "/", maxSplits: 1)[1]
            return (image, name.contains("/") ? String(name) : "library/" + name)
        }
        return guide + [
            (debian, "library/nginx:1.14.2"), (redis, "library/redis:7"), (debian, "library/busybox:1.36"),
            (redis, "prometheus/node-exporter:v1.8.2"), (debian, "prometheus/prometheus:v2.53.0"),
        ]
    }

    private static func registry(_ certificate: Certificate) async throws -> Peer {
        try await Peer.embedded("--tls-cert", certificate.chain, "--tls-key", certificate.key)
    }

    /// Runs a page in a folder of its own, with an empty registry for all names that images go to.
    func run(_ page: Page, in scratch: Scratch) async throws -> Finished {
        let home = try await Self.registry(certificate)
        let tunnel = try await Peer.tunnel(from: [hub, home])
        let script = try scratch.write("page.sh", Self.script(page.steps))
        let checkout = Checkout().root
        let path = ["\(checkout)/Tests/IntegrationTests/Pages/programs", Tool.products.path, "/usr/bin:/bin:/usr/sbin"]
        let folder = scratch.path + "/work"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try await Tool.run(
            "env",
            ["-i", "-C", folder]
                + [
                    "PATH": path.joined(separator: ":"), "HOME": scratch.path, "XDG_STATE_HOME": scratch.path,
                    "TMPDIR": scratch.path, "checkout": checkout, "SSL_CERT_FILE": certificate.authority,
                    "HTTPS_PROXY": "http://\(tunnel.address)", "NO_PROXY": "127.0.0.1,localhost",
                    "GCE_METADATA_HOST": "127.0.0.1:1", "TZ": "UTC", "LC_ALL": "C.UTF-8",
                ].map { "\($0.key)=\($0.value)" } + ["bash", script])
    }

    /// One shell for all of a page, as the reader has. A script that fails says so on a line of its own.
    private static func script(_ steps: [Page.Step]) -> String {
        let commands = steps.enumerated().map { number, step in
            let trap = step.kind == .console ? "trap - ERR" : "trap 'echo \"!! $BASH_COMMAND\"' ERR"
            return "\(trap)\n\(step.command)\necho '@@ \(number)' | tee /dev/stderr"
        }
        return "set -u\ntrap 'kill $(jobs -p) 2> /dev/null' EXIT\n" + commands.joined(separator: "\n") + "\n"
    }
}

extension Peer {
    /// The proxy behind which the names of the internet are these registries.
    static func tunnel(from registries: [Peer]) async throws -> Peer {
        let program = Checkout().root + "/Tests/IntegrationTests/Pages/tunnel.py"
        let ports = registries.map { String($0.address.split(separator: ":").last ?? "") }
        return try await started("python3", [program] + ports, until: "port ") { line in
            "127.0.0.1:" + line.dropFirst("port ".count)
        }
    }
}
