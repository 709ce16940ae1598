// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension Stage {
    /// Runs a public script in a folder of its own, and says what came of it: standard error, standard output, the exit
    /// status, and what is at the target afterwards.
    func play(_ script: PublicScript) async throws -> [String] {
        let folder = scratch.path + "/work"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let copy = "\(folder)/\(script.file.lastPathComponent)"
        try FileManager.default.copyItem(atPath: script.file.path, toPath: copy)
        let finished = try await Tool.run(
            "/usr/bin/env", ["-C", folder] + script.command(copy), environment: environment(folder))
        let content = try await content()
        return [
            lines(finished.errors, "! ", content), lines(finished.output, "> ", content), ["= \(finished.status)"],
            content.content.map { "@ " + masked($0, content.names) }.sorted(),
        ].flatMap(Transcript.ordered)
    }

    private func environment(_ folder: String) -> [String: String] {
        [
            "PATH": "\(programs):/usr/bin:/bin", "HOME": folder, "DOCKER_CONFIG": scratch.path + "/no-config",
            "XDG_RUNTIME_DIR": folder, "TZ": "UTC", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "SOURCE": filled("{source}"),
            "TARGET": filled("{target}"), "LOCKED": filled("{locked}"),
        ]
    }

    private func lines(_ text: String, _ mark: String, _ content: RegistryContent) -> [String] {
        text.split(separator: "\n").map { line in
            mark + masked(String(line), content.names).replacing(#/localhost:\d+/#, with: "localhost:PORT")
        }
    }

    private func content() async throws -> RegistryContent {
        let manifests = requests.target.manifestsPut.map { $0 + "\n" }.joined()
        let hosts = ["{target}", "{source}"].map(filled)
        let told = try await Tool.run("python3", [PublicScript.content] + hosts, input: manifests)
        try #require(told.status == 0, "\(told)")
        return try JSONDecoder().decode(RegistryContent.self, from: Data(told.output.utf8))
    }
}

/// What `content.py` tells of a registry.
private struct RegistryContent: Decodable {
    /// A line for each manifest.
    var content: [String]
    /// Digests with what they stand for.
    var names: [String: String]
}
