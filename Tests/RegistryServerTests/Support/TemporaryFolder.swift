// SPDX-License-Identifier: Apache-2.0

import RegistryServer
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A folder that is removed with the last test that holds it.
final class TemporaryFolder: Sendable {
    let path: String
    private let storage = Mutex<DiskStorage?>(nil)

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/registry-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Opens the folder as a registry's process does at its start. The process that had it before has ended.
    func opened(
        synchronized: Bool = false, uploadLimit: Int = .max, report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> DiskStorage {
        try storage.withLock { storage in
            storage?.close()
            let opened = try DiskStorage(path, synchronized: synchronized, uploadLimit: uploadLimit, report: report)
            storage = opened
            return opened
        }
    }

    /// Ends the process that has the folder, so that a server can open it.
    func closed() -> String {
        storage.withLock { $0?.close() }
        return path
    }

    /// Paths of all files below, relative to the folder, sorted.
    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).sorted().filter { name in
            var isFolder = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && !isFolder
        }
    }

    func write(_ text: String, to name: String) throws {
        let file = "\(path)/\(name)"
        let parent = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    /// Makes a file look as if it was last written at this time, in seconds since 1970.
    func age(_ name: String, to time: Int) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(time))], ofItemAtPath: "\(path)/\(name)")
    }
}
