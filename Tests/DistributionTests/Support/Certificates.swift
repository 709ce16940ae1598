// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Certificates made for one test by the `openssl` of this machine.
struct Certificates {
    let folder: URL

    static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    var authority: String { path("ca.pem") }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// An authority of our own.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("transship-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=authority"
        )
    }

    /// A certificate for a subject alternative name, signed by the authority.
    func issue(_ name: String, for subject: String, days: Int = 30) throws {
        try Data("subjectAltName=\(subject)\n".utf8).write(to: folder.appendingPathComponent("san"))
        try run(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).csr -subj /CN=x")
        try run(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).pem -days \(days) -extfile san"
        )
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    private func run(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.openssl ?? "openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    }

    struct Failed: Error { let arguments: String }
}
