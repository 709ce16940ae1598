// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The files that `Tools/package` made.
struct Packages {
    /// Where they are; nil where nobody asked for them to be tested.
    static let folder = ProcessInfo.processInfo.environment["TRANSSHIP_PACKAGES"]
    static let hasLintian = FileManager.default.isExecutableFile(atPath: "/usr/bin/lintian")

    let path: String
    let version: String
    let architecture: String

    init() throws {
        path = Self.folder ?? ""
        version = try Checkout().version
        let archives = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".deb") }
        architecture = archives.first?.split(separator: "_").last?.split(separator: ".").first.map(String.init) ?? ""
    }

    var name: String { "transship-\(version)-linux-\(architecture)" }
    private var layout: String { "\(path)/\(name).oci" }

    /// The oldest C library with which the documents promise that the program runs.
    var promisedGlibc: String {
        get throws {
            try Checkout().text("Tools/packaging/oldest-glibc").trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// The newest version of the C library's symbols that a program asks for.
    func oldestGlibc(of program: String) async throws -> String {
        let symbols = try await Tool.run("readelf", ["--version-info", "--wide", program])
        let versions = symbols.output.matches(of: /GLIBC_(\d+(?:\.\d+)*)/).map { String($0.output.1) }
        return versions.max { $0.compare($1, options: .numeric) == .orderedAscending } ?? ""
    }

    // MARK: - The image

    private func document(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: "\(layout)/\(path)"))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    private func blob(_ descriptor: Any?) -> String {
        let digest = (descriptor as? [String: Any])?["digest"] as? String ?? ""
        return "blobs/" + digest.replacing(":", with: "/")
    }

    private func entry(of index: [String: Any]) -> Any? { (index["manifests"] as? [Any])?.first }

    func imageDigest() throws -> String? {
        (entry(of: try document("index.json")) as? [String: Any])?["digest"] as? String
    }

    private func manifest() throws -> [String: Any] {
        try document(blob(entry(of: try document(blob(entry(of: try document("index.json")))))))
    }

    func imageConfig() throws -> [String: Any] { try document(blob(try manifest()["config"])) }

    /// The script that lays the image's layers over each other in `root`.
    var unpackingImage: String {
        get throws {
            let layers = try manifest()["layers"] as? [Any] ?? []
            return "mkdir root\n" + layers.map { "tar -xzf '\(layout)/\(blob($0))' -C root\n" }.joined()
        }
    }
}
