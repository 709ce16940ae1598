// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A script of the folder `Public`, and what it says and leaves with the original programs.
struct PublicScript: Sendable, CustomTestStringConvertible {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    let file: URL
    var name: String { file.deletingPathExtension().lastPathComponent }
    var testDescription: String { name }

    static let all: [PublicScript] = {
        let found = try? FileManager.default.contentsOfDirectory(
            at: folder.appending(path: "Public"), includingPropertiesForKeys: nil)
        let scripts = (found ?? []).filter { ["sh", "mk", "yml"].contains($0.pathExtension) }
        return scripts.sorted { $0.path < $1.path }.map { PublicScript(file: $0) }
    }()

    /// The one that tells what is in a registry.
    static let content = folder.appending(path: "content.py").path

    /// What runs a copy of the script.
    func command(_ copy: String) -> [String] {
        switch file.pathExtension {
        case "mk": ["make", "-f", copy]
        case "yml": ["python3", Self.folder.appending(path: "steps.py").path, copy]
        default: ["bash", copy]
        }
    }

    /// - Parameter isOriginal: of the original programs, or of ours in their place.
    func expected(ofOriginal isOriginal: Bool) throws -> [String] {
        let golden = Self.folder.appending(path: "Public/Golden/\(name).txt")
        let lines = try String(contentsOf: golden, encoding: .utf8).split(separator: "\n").map(String.init)
        let own = lines.compactMap { line -> String? in
            switch line.prefix(2) {
            case "# ": nil
            case "+ ": isOriginal ? nil : "! " + line.dropFirst(2)
            case "- ": isOriginal ? "! " + line.dropFirst(2) : nil
            default: line
            }
        }
        return Transcript.ordered(own)
    }
}
