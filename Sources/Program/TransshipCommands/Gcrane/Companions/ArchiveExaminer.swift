// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import LayerVerification
import NIOCore
import OCI
import TransferEngine

/// Unpacks layers, to compute their diff IDs and to check the format of their archives.
struct ArchiveExaminer: LayerExaminer {
    func examines(_ type: MediaType) -> Bool { LayerFormat(type) != nil }

    func examine(_ layer: VerifiedBlob) async throws(ContentFailure) -> ExaminedLayer {
        do {
            var unpacker = LayerUnpacker()
            var archive = (inspector: TarInspector(), hash: ContentHash(.sha256))
            func take(_ bytes: UnsafeRawBufferPointer) throws {
                archive.hash.update(bytes)
                try archive.inspector.take(bytes)
            }
            for try await buffer in layer {
                try buffer.withUnsafeReadableBytes { bytes in try unpacker.update(bytes, output: take) }
            }
            try unpacker.finish(output: take)
            try archive.inspector.finish()
            return .archive(diffID: archive.hash.finish())
        } catch let failure as ContentFailure {
            throw failure
        } catch  where Self.isCut(error) {
            return .cut
        } catch let error as LayerFailure {
            return .unreadable(packing: error.packing.rawValue, reason: "\(error)")
        } catch {
            return .noArchive(reason: "\(error)")
        }
    }

    private static func isCut(_ error: any Error) -> Bool {
        if case .cut? = error as? ArchiveProblem { return true }
        return (error as? LayerFailure)?.reason == .truncated
    }
}
