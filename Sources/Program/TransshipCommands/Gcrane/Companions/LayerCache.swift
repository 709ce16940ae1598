// SPDX-License-Identifier: Apache-2.0

import Content
import Files
import NIOCore
import OCI
import OCILayout
import Reporting

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The folder of `pull --cache_path`: a file for each layer, named by its digest, as crane keeps them.
struct LayerCache: Sendable {
    let folder: String
    let log: TimestampedLog

    /// A layer out of the folder, which has it now if it had not before.
    ///
    /// - Parameter fetch: gives the layer's bytes where they are not in the folder.
    func layer(_ layer: Descriptor, _ fetch: () async throws -> VerifiedBlob) async throws -> VerifiedBlob {
        let path = "\(folder)/\(layer.digest)"
        if try await holds(layer, at: path) {
            log.line("Layer \(layer.digest) found (compressed) in cache")
        } else {
            log.line("Layer \(layer.digest) not found (compressed) in cache, getting")
            try await keep(try await fetch(), at: path)
        }
        return try Self.open(layer, at: path)
    }

    /// Whether the file is there and whole: it is read before anything is made of it.
    private func holds(_ layer: Descriptor, at path: String) async throws -> Bool {
        do {
            for try await _ in try Self.open(layer, at: path) {}
            return true
        } catch let problem as FileProblem where problem.cause != .system(ENOENT) {
            throw CommandFailure("\(problem)".displayable)
        } catch {
            return false
        }
    }

    private static func open(_ layer: Descriptor, at path: String) throws -> VerifiedBlob {
        let file = try LayoutFile(reading: path)
        return VerifiedBlob(file.bytes(0..<file.size), expecting: layer)
    }

    /// A file is complete or not there: two programs may fill one folder.
    private func keep(_ blob: VerifiedBlob, at path: String) async throws {
        do {
            try Files.makeFolders(folder)
            let draft = try FileDraft(for: path, access: .usual)
            for try await buffer in blob { try buffer.withUnsafeReadableBytes { try draft.append($0) } }
            try draft.commit()
        } catch let problem as FileProblem {
            throw CommandFailure("\(problem)".displayable, hint: problem.hint)
        }
    }
}
