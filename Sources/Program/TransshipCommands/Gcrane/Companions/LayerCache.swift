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

/// The folder of `pull --cache_path`: one file for each layer, named by its digest, as crane keeps them. A layer that
/// is wanted unpacked is named by its diff ID.
struct LayerCache: Sendable {
    let folder: String
    let log: TimestampedLog

    /// A layer from the folder. If it is not there, it is fetched and stored in the folder first.
    ///
    /// - Parameter fetch: returns the layer's bytes; called if they are not in the folder.
    func layer(_ layer: Descriptor, _ fetch: () async throws -> VerifiedBlob) async throws -> VerifiedBlob {
        if try await holds(layer.digest) {
            log.line("Layer \(layer.digest) found (compressed) in cache")
        } else {
            log.line("Layer \(layer.digest) not found (compressed) in cache, getting")
            try await keep(layer.digest) { write in
                for try await buffer in try await fetch() { try buffer.withUnsafeReadableBytes { try write($0) } }
            }
        }
        let file = try open(layer.digest)
        return VerifiedBlob(file.bytes(0..<file.size), expecting: layer)
    }

    /// An unpacked layer from the folder. If it is not there, it is fetched and stored in the folder first. If the
    /// config names a diff ID that the layer does not have, the stored layer is not found the next time.
    ///
    /// - Parameter fetch: passes on the layer's unpacked bytes; called if they are not in the folder.
    func unpackedLayer(
        _ diffID: Digest, _ fetch: ((UnsafeRawBufferPointer) throws -> Void) async throws -> Void
    ) async throws -> LayoutFile {
        // This is logged twice, because crane asks for the layer's size first, and then for its bytes.
        if try await holds(diffID) {
            log.line("Layer \(diffID) found (uncompressed) in cache")
        } else {
            log.line("Layer \(diffID) not found (uncompressed) in cache, getting")
            try await keep(diffID, fetch)
        }
        log.line("Layer \(diffID) found (uncompressed) in cache")
        return try open(diffID)
    }

    private func path(_ digest: Digest) -> String { "\(folder)/\(digest)" }

    private func open(_ digest: Digest) throws -> LayoutFile {
        do { return try LayoutFile(reading: path(digest)) } catch let problem as FileProblem {
            throw CommandFailure("\(problem)".displayable)
        }
    }

    /// Whether the file exists and is complete. It is read and verified before it is used.
    private func holds(_ digest: Digest) async throws -> Bool {
        do {
            let file = try LayoutFile(reading: path(digest))
            let content = Descriptor(mediaType: .octetStream, digest: digest, size: file.size)
            for try await _ in VerifiedBlob(file.bytes(0..<file.size), expecting: content) {}
            return true
        } catch let problem as FileProblem where problem.cause != .system(ENOENT) {
            throw CommandFailure("\(problem)".displayable)
        } catch {
            return false
        }
    }

    /// Stores a file in one step, because two programs may fill the same folder.
    private func keep(
        _ digest: Digest, _ fill: ((UnsafeRawBufferPointer) throws -> Void) async throws -> Void
    ) async throws {
        do {
            try Files.makeFolders(folder)
            let draft = try FileDraft(for: path(digest), access: .usual)
            try await fill { try draft.append($0) }
            try draft.commit()
        } catch let problem as FileProblem {
            throw CommandFailure("\(problem)".displayable, hint: problem.hint)
        }
    }
}
