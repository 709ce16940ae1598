// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Pages in a real browser: Debian's chromium, driven by python3-selenium and the scripts in `Browser`.
enum Browser {
    static let isThere = ["/usr/bin/chromium", "/usr/bin/chromedriver", "/usr/lib/python3/dist-packages/selenium"]
        .allSatisfy { FileManager.default.fileExists(atPath: $0) }

    static func run(_ script: String, _ arguments: String...) async throws -> Finished {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Browser/\(script)").path
        return try await Tool.run("/usr/bin/python3", ["-B", path] + arguments)
    }

    /// Where screenshots go.
    static func folder(_ scratch: Scratch) -> String {
        ProcessInfo.processInfo.environment["SCREENSHOTS"] ?? scratch.path
    }

    struct Fit: Decodable {
        var charts: Int
        /// What has to be moved sideways, is cut, overlaps, or is too small to be read, on a screen of any width.
        var unfit: [String]
    }

    /// Opens the page of a file on screens of many widths.
    static func fit(_ page: String, _ scratch: Scratch) async throws -> Fit {
        let run = try await run("unfit.py", page, folder(scratch))
        try #require(run.status == 0, "\(run)")
        return try JSONDecoder().decode(Fit.self, from: Data(run.output.utf8))
    }
}
