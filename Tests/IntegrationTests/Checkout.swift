// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The files of this repository, as its readers and scripts find them.
struct Checkout {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// The version of the program, from the one place that names it.
    var version: String {
        get throws {
            let source = try text("Sources/Program/TransshipCommands/Version.swift")
            return source.firstMatch(of: /number = "([^"]+)"/).map { String($0.output.1) } ?? ""
        }
    }

    /// The text files at these paths and in these folders, below the checkout; paths that do not exist hold none.
    func files(below paths: [String]) throws -> [String] {
        try paths.flatMap { path -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder) else { return [] }
            guard isFolder.boolValue else { return [path] }
            let below = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(path)")
            return below.map { "\(path)/\($0)" }.filter { (try? text($0)) != nil }
        }
    }
}
