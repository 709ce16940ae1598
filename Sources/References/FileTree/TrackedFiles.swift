// SPDX-License-Identifier: Apache-2.0

/// The files that git tracks in the repository around a folder. They are read at first use.
final class TrackedFiles {
    /// The repository's top folder.
    private let top: String
    /// The path from the top to the folder at which paths begin, with a slash at its end. Empty for the top itself.
    private let prefix: String
    /// The walked path to the top, if the top is inside the walked folder.
    private let below: String
    private let isWanted: (String) -> Bool
    private lazy var index = read()

    init(top: String, prefix: String, below: String, isWanted: @escaping (String) -> Bool) {
        self.top = top
        self.prefix = prefix
        self.below = below
        self.isWanted = isWanted
    }

    /// - Parameter path: the path relative to the walked folder.
    func holds(file path: String) -> Bool { index.holds(file: fromTop(path)) }
    func holdsAny(below path: String) -> Bool { index.holdsAny(below: fromTop(path)) }

    private func fromTop(_ path: String) -> String {
        below.isEmpty ? prefix + path : String(path.dropFirst(below.count + 1))
    }

    private func read() -> GitIndex {
        guard let bytes = contents(Self.gitFolder(of: top) + "/index") else { return GitIndex() }
        return GitIndex(bytes, isWanted: isWanted) ?? GitIndex()
    }

    /// Work trees and submodules have a file that names the git folder (gitrepository-layout(5)).
    private static func gitFolder(of top: String) -> String {
        let path = top + "/.git"
        guard FileFacts(path: path)?.kind == .file, let bytes = try? FileReader.read(path).bytes else { return path }
        let line = String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
        guard line.hasPrefix("gitdir: ") else { return path }
        let folder = String(line.dropFirst("gitdir: ".count))
        return folder.hasPrefix("/") ? folder : top + "/" + folder
    }

    /// An index is binary.
    private func contents(_ path: String) -> [UInt8]? { try? FileReader.readAny(path).bytes }
}
