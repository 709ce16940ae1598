// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

/// A server program that runs as long as this value lives.
final class Peer: Sendable {
    let address: String
    let folder: String
    private let process: Process

    private init(_ process: Process, address: String, folder: String) {
        self.process = process
        self.address = address
        self.folder = folder
        Self.endRemaining()
        Self.running.withLock { _ = $0.insert(process.processIdentifier) }
    }

    deinit {
        Self.running.withLock { _ = $0.remove(process.processIdentifier) }
        process.terminate()
        process.waitUntilExit()
    }

    private static let running = Mutex<Set<Int32>>([])
    /// What a test keeps for as long as the process runs is never released: it ends with the process.
    private static let ending: Void = {
        atexit { for process in Peer.running.withLock({ $0 }) { kill(process, SIGTERM) } }
    }()

    private static func endRemaining() { _ = ending }

    /// Debian's `docker-registry` (distribution 2.8.2) over a folder of its own.
    static func dockerRegistry(_ scratch: Scratch, name: String = "registry") async throws -> Peer {
        let port = try freePort()
        let folder = "\(scratch.path)/\(name)"
        let config = try scratch.write(
            "\(name).yml",
            """
            version: 0.1
            log: {level: info}
            storage:
              filesystem: {rootdirectory: \(folder)}
              delete: {enabled: true}
            http: {addr: 127.0.0.1:\(port)}
            """)
        let process = try await start("docker-registry", ["serve", config], until: "listening on")
        return Peer(process, address: "127.0.0.1:\(port)", folder: folder)
    }

    /// Our own registry, as a process, in memory.
    static func embedded(_ arguments: String...) async throws -> Peer { try await embedded(arguments) }

    static func embedded(_ arguments: [String]) async throws -> Peer {
        let program = Tool.products.appending(path: "transship").path
        let first = Mutex("")
        let address = arguments.contains("--address") ? [] : ["--address", "127.0.0.1:0"]
        let process = try await start(
            program, ["registry", "serve"] + address + arguments, until: "://", first: first)
        let url = first.withLock { $0 }
        return Peer(process, address: String(url.drop { $0 != "/" }.dropFirst(2)), folder: "")
    }

    /// A program that says where it listens on a line that holds `marker`.
    static func started(
        _ program: String, _ arguments: [String], until marker: String, address: (String) -> String
    ) async throws -> Peer {
        let first = Mutex("")
        let process = try await start(program, arguments, until: marker, first: first)
        return Peer(process, address: address(first.withLock { $0 }), folder: "")
    }

    /// nginx as a TLS front of another registry.
    static func tlsFront(_ scratch: Scratch, of backend: String, certificate: Certificate) async throws -> Peer {
        let port = try freePort()
        let folder = "\(scratch.path)/nginx-\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let config = try scratch.write(
            "nginx-\(port).conf",
            """
            daemon off; pid \(folder)/pid; error_log stderr notice; worker_processes 1;
            events { worker_connections 512; }
            http {
              access_log off; client_max_body_size 0; client_body_temp_path \(folder); proxy_temp_path \(folder);
              fastcgi_temp_path \(folder); uwsgi_temp_path \(folder); scgi_temp_path \(folder);
              server {
                listen 127.0.0.1:\(port) ssl;
                ssl_certificate \(certificate.chain); ssl_certificate_key \(certificate.key);
                location / {
                  proxy_pass http://\(backend); proxy_set_header Host $http_host;
                  proxy_set_header X-Forwarded-Proto https; proxy_request_buffering off; proxy_buffering off;
                  proxy_http_version 1.1;
                }
              }
            }
            """)
        let process = try await start("nginx", ["-e", "stderr", "-c", config], until: "start worker process ")
        return Peer(process, address: "localhost:\(port)", folder: folder)
    }

    /// Starts a program and returns once it has said `marker`.
    private static func start(
        _ program: String, _ arguments: [String], until marker: String, first: borrowing Mutex<String> = Mutex("")
    ) async throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: program.hasPrefix("/") ? program : "/usr/bin/env")
        process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
        // Debian keeps nginx where only root looks.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["PATH": (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin"]) { _, new in new }
        let said = Pipe()
        process.standardOutput = said
        process.standardError = said
        try process.start()
        for await line in lines(of: said) where line.contains(marker) {
            first.withLock { $0 = line }
            return process
        }
        throw PeerFailure(program: program)
    }

    /// Lines as they come; goes on reading after nobody listens, so that the program never blocks.
    static func lines(of pipe: Pipe) -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            var rest = ""
            while let bytes = available(in: pipe) {
                rest += String(decoding: bytes, as: UTF8.self)
                let parts = rest.split(separator: "\n", omittingEmptySubsequences: false)
                for line in parts.dropLast() { continuation.yield(String(line)) }
                rest = String(parts.last ?? "")
            }
            try? pipe.fileHandleForReading.close()
            continuation.finish()
        }
        return stream
    }

    /// What the pipe holds, waiting for something; nil at its end. Foundation's `availableData` ends the process when a signal
    /// interrupts the read.
    private static func available(in pipe: Pipe) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(pipe.fileHandleForReading.fileDescriptor, &bytes, bytes.count)
            if count > 0 { return Array(bytes.prefix(count)) }
            guard count < 0, errno == EINTR else { return nil }
        }
    }

    static func freePort() throws -> Int {
        let (descriptor, port) = try bound()
        close(descriptor)
        return port
    }

    /// A socket at a free port of the loopback address, below those that systems give to whoever asks for any: other tests
    /// that do would take it between its choice and its use.
    static func bound() throws -> (Int32, Int) {
        for _ in 0..<100 {
            if let bound = bound(to: .random(in: 20_000..<30_000)) { return bound }
        }
        throw PeerFailure(program: "no free port")
    }

    private static func bound(to port: UInt16) -> (Int32, Int)? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0
            }
        }
        if isBound { return (descriptor, Int(port)) }
        close(descriptor)
        return nil
    }
}

struct PeerFailure: Error {
    var program: String
}

/// A private certificate authority and a certificate for `localhost`, and for names that tests give to this machine.
struct Certificate {
    let authority: String
    let chain: String
    let key: String

    enum KeyType: String {
        /// Made at once; a key for RSA takes up to a second.
        case elliptic = "ec -pkeyopt ec_paramgen_curve:P-256"
        case rsa = "rsa:2048"
    }

    init(_ scratch: Scratch, names: [String] = [], key type: KeyType = .elliptic) async throws {
        let folder = scratch.path
        let subjects = (["localhost"] + names).map { "DNS:\($0)" } + ["IP:127.0.0.1"]
        (authority, chain, key) = ("\(folder)/ca.pem", "\(folder)/cert.pem", "\(folder)/key.pem")
        let extensions = try scratch.write("ext.cnf", "subjectAltName=\(subjects.joined(separator: ","))\n")
        let commands = [
            "req -x509 -newkey \(type.rawValue) -nodes -days 2 -subj /CN=Test-Authority -keyout \(folder)/ca.key -out \(authority)",
            "req -newkey \(type.rawValue) -nodes -subj /CN=localhost -keyout \(key) -out \(folder)/cert.csr",
            "x509 -req -days 2 -in \(folder)/cert.csr -CA \(authority) -CAkey \(folder)/ca.key -CAcreateserial "
                + "-extfile \(extensions) -out \(chain)",
        ]
        for command in commands {
            let made = try await Tool.run("openssl", command.split(separator: " ").map(String.init))
            try #require(made.status == 0, "\(made)")
        }
    }
}

/// An independent client as judge.
enum Skopeo {
    /// Reads the image with all it reaches, checking every digest, and returns the root's digest.
    static func digest(of reference: String, _ scratch: Scratch, arguments: [String] = ["--src-tls-verify=false"])
        async throws -> String
    {
        let folder = "\(scratch.path)/skopeo-\(UUID().uuidString)"
        let copied = try await Tool.run(
            "skopeo",
            ["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests"] + arguments
                + ["docker://\(reference)", "dir:\(folder)"])
        try #require(copied.status == 0, "\(copied)")
        let sum = try await Tool.run("sha256sum", ["\(folder)/manifest.json"])
        try FileManager.default.removeItem(atPath: folder)
        return "sha256:" + String(sum.output.prefix(64))
    }
}
