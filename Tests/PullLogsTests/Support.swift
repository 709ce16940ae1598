// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import PullLogs

/// Files of `Fixtures/pulls`, in the checkout these tests were built from.
enum PullFixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/pulls")

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }
}

extension PullTally {
    /// Counts logs, each in pieces of a given size.
    static func counting(
        _ logs: [(name: String, bytes: [UInt8])], pieces size: Int = .max, _ settings: PullSettings = PullSettings()
    ) throws -> PullTally {
        let counter = PullCounter(settings)
        for log in logs {
            counter.begin(log.name)
            var start = 0
            while start < log.bytes.count {
                let end = size < log.bytes.count - start ? start + size : log.bytes.count
                try log.bytes[start..<end].withUnsafeBufferPointer { try counter.feed($0) }
                start = end
            }
            try counter.end()
        }
        return counter.tally
    }

    static func counting(_ text: String, pieces size: Int = .max, _ settings: PullSettings = PullSettings()) throws
        -> PullTally
    {
        try counting([("log", Array(text.utf8))], pieces: size, settings)
    }

    static func fixture(_ names: String..., settings: PullSettings = PullSettings()) throws -> PullTally {
        try counting(try names.map { ($0, try PullFixture.bytes($0)) }, settings)
    }

    /// Image and pulls.
    var counts: [String: Int] { Dictionary(uniqueKeysWithValues: images.map { ($0.image, $0.pulls) }) }
    var problemLines: [Int] { problems.map(\.line) }
}

/// An entry of a log, a line.
func entry(_ image: String, _ time: String, id: String? = nil) -> String {
    let id = id.map { "\"insertId\":\"\($0)\"," } ?? ""
    return "{\(id)\"timestamp\":\"\(time)\",\"jsonPayload\":{\"reason\":\"Pulling\","
        + "\"message\":\"Pulling image \\\"\(image)\\\"\"}}\n"
}

func instant(_ text: String) -> Instant { Instant(text.utf8) ?? Instant(secondsSince1970: -1) }
