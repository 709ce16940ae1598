// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Invocations with what they print and end with, one after the other against the same registries.
///
/// ```
/// # A comment.
/// $ gcrane cp {source}/shapes/oci:v1 {target}/app:v1
/// ! TIME Copying from {source}/shapes/oci:v1 to {target}/app:v1      standard error
/// > text                                                             standard output
/// = 0                                                                exit status
/// + TIME hint: leave out "https://"                                  standard error, and gcrane does not say it
/// - TIME existing blob: sha256:{oci blob 0}                          standard error, and only gcrane says it
/// $ sh: crane export - out.tar < in.tar                              a line for a shell, in the scratch folder
/// ```
///
/// Lines about blobs and children that stand together may come in any order; so they are sorted, here and in what is
/// compared.
struct Transcript: Sendable, CustomTestStringConvertible {
    struct Step: Sendable {
        var command: String
        /// With their marks.
        var lines: [String] = []

        /// What to expect of this program, or of the one whose place it takes.
        func expected(ofOriginal isOriginal: Bool) -> [String] {
            let (own, foreign) = isOriginal ? ("- ", "+ ") : ("+ ", "- ")
            return Transcript.ordered(
                lines.filter { !$0.hasPrefix(foreign) }.map { $0.hasPrefix(own) ? "!" + $0.dropFirst() : $0 })
        }
    }

    let name: String
    let steps: [Step]
    var testDescription: String { name }

    /// The transcripts of a folder beside this file, by name.
    static func all(_ folder: String) -> [Transcript] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: folder)
        let files = (try? FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }.map { file in
            let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            return Transcript(name: file.deletingPathExtension().lastPathComponent, text: text)
        }
    }

    init(name: String, text: String) {
        self.name = name
        var steps: [Step] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2))))
            } else if !line.isEmpty, !line.hasPrefix("#") {
                steps[steps.count - 1].lines.append(String(line))
            }
        }
        self.steps = steps
    }

    /// What is told of things that go on side by side.
    private static let unordered = [
        "pushed blob: ", "existing blob: ", "mounted blob: ", "existing manifest: ", "}: digest: ",
    ]

    static func ordered(_ lines: [String]) -> [String] {
        var (result, blobs): ([String], [String]) = ([], [])
        for line in lines {
            if unordered.contains(where: line.contains) {
                blobs.append(line)
            } else {
                result += blobs.sorted() + [line]
                blobs = []
            }
        }
        return result + blobs.sorted()
    }
}
