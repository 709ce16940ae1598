// SPDX-License-Identifier: Apache-2.0

import Files
import OCI

/// A file or a folder of files that an option tells a command to write.
struct OutputFile {
    let option: String
    let path: String
    private let isFolder: Bool

    static func file(_ option: String, _ path: String) -> Self { Self(option: option, path: path, isFolder: false) }

    /// The folder is made if it does not exist.
    static func folder(_ option: String, _ path: String) -> Self { Self(option: option, path: path, isFolder: true) }

    /// Reports of a run, each in the form that the end of its name says.
    ///
    /// - Throws: if a name has another ending than those of the two forms.
    static func reports(_ option: String, _ paths: [String]) throws -> [Self] {
        for path in paths { _ = try ReportForm(path) }
        return paths.map { .file(option, $0) }
    }

    /// Checks at once that everything can be written, so that this does not fail after hours of work.
    ///
    /// - Throws: `CommandFailure`, also if two options name the same file.
    static func prepare(_ outputs: [OutputFile]) throws {
        try checkDistinct(outputs)
        for output in outputs { try output.prepare() }
    }

    private static func checkDistinct(_ outputs: [OutputFile]) throws {
        var known: [[Substring]: String] = [:]
        for output in outputs where !output.path.hasPrefix("/dev/") {
            let steps = output.path.split(separator: "/", omittingEmptySubsequences: false)
            guard let other = known.updateValue(output.option, forKey: steps.filter { $0 != "." }) else { continue }
            throw CommandFailure.usage(
                ["\(other) and \(output.option) name the same file, \(output.path.displayable)"],
                hint: "give each a file of its own")
        }
    }

    private func prepare() throws {
        do {
            guard isFolder else { return try FileDraft.check(path) }
            try? Files.makeFolders(path, mode: 0o777)
            guard try Files.kind(path, "write") == .folder else {
                throw CommandFailure.usage(["\(option): cannot write into \(path.displayable): it is not a folder"])
            }
            try FileDraft.check(path + "/file")
        } catch let error as FileProblem {
            throw CommandFailure.usage(
                ["\(option): cannot write \(path.displayable): \(error.reason)"], hint: error.hint)
        }
    }
}
