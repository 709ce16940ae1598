// SPDX-License-Identifier: Apache-2.0

import OCI

/// The place of an image in a file.
package struct FileUse: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int

    package var description: String { "\(file.displayable):\(line)" }
}

/// The findings of `scan --format json`, by full image name.
package struct FileUses: Sendable {
    package private(set) var uses: [String: [FileUse]] = [:]
    /// The number of references whose variables have no value. They can be any image.
    package private(set) var unresolved = 0

    package init() {}

    /// Reads JSON lines with `file`, `line` and `image`, as `scan` prints them.
    ///
    /// - Throws: `LogProblem` for the first line that is not such a finding.
    package mutating func read(_ bytes: [UInt8], file: String) throws(LogProblem) {
        for (position, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { continue }
            let problem = { LogProblem(file: file, line: position + 1, reason: $0) }
            let finding: JSON
            do throws(JSONError) { finding = try JSON(line) } catch { throw problem(error.description) }
            guard let path = finding["file"]?.string, let number = finding["line"]?.integer,
                let image = finding["image"]
            else { throw problem("not a finding of scan --format json: file, line or image is missing") }
            guard let name = image.string else {
                unresolved += 1
                continue
            }
            add(FileUse(file: path, line: Int(clamping: number)), of: name)
        }
    }

    private mutating func add(_ use: FileUse, of image: String) {
        let name = ImagePulls(image).canonical
        if uses[name]?.contains(use) != true { uses[name, default: []].append(use) }
    }
}
