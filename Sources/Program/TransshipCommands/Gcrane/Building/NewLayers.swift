// SPDX-License-Identifier: Apache-2.0

import DockerArchive
import Files
import ImageAssembly
import OCI
import Reporting

/// Archives that become layers: files, and what comes through a pipe or standard input, which is kept in a file first.
struct NewLayers {
    let paths: [String]
    let log: TimestampedLog
    /// The folder for input that has to be kept in a file while it is sent.
    let folder: String

    init(_ paths: [String], _ job: GcraneJob) {
        self.paths = paths
        log = job.log
        folder = job.context.environment["TMPDIR"] ?? "/tmp"
    }

    /// Adds the layers on top of an image.
    func add(to draft: inout ImageDraft) throws {
        do {
            for path in paths {
                let layer = try layer(path, isOCI: draft.isOCI, draft.config.os)
                if layer.isZstandard { log.line(Self.zstandardNote(layer)) }
                draft.append(layer)
            }
        } catch var failure as CommandFailure {
            let list = paths.map(\.displayable).joined(separator: " ")
            failure.messages = failure.messages.map { "appending [\(list)]: \($0)" }
            throw failure
        }
    }

    private func layer(_ path: String, isOCI: Bool, _ os: String) throws -> LayerFile {
        guard os != "windows" else {
            throw CommandFailure(
                "converting \"\(path.displayable)\" for Windows: transship makes no layers for Windows",
                hint: "crane append does")
        }
        do {
            if path != "-", try Files.kind(path, "stat") == .file { return try read(path, isOCI: isOCI) }
            let kept = try keep(path)
            // The open file stays readable until it is closed, and disappears however the program ends.
            defer { _ = try? Files.remove(kept) }
            return try read(kept, isOCI: isOCI)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                "reading layer \"\(path.displayable)\": " + "\(error)".displayable, hint: Self.hint(for: error))
        }
    }

    /// An archive may have a name twice: runtimes take the last one.
    private func read(_ path: String, isOCI: Bool) throws -> LayerFile {
        try LayerFile(path, isOCI: isOCI, inspector: TarInspector(refusesDuplicates: false))
    }

    private static func hint(for error: any Error) -> String? {
        guard case .noArchive? = error as? LayerFileProblem else { return nil }
        return "a layer is made with tar: tar cf layer.tar FILE..."
    }

    /// crane's message for layers with zstd, which are nothing unusual.
    private static func zstandardNote(_ layer: LayerFile) -> String {
        "Unexpected mediaType (\(layer.descriptor.mediaType)) for selected compression in gzip in LayerFromOpener()."
    }

    private func keep(_ path: String) throws -> String {
        let kept = "\(folder)/transship-layer-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let file = try OpenFile(creating: kept, mode: 0o600)
        do { try FilePieces.read(path, while: { true }) { try file.append(UnsafeRawBufferPointer($0)) } } catch {
            _ = try? Files.remove(kept)
            throw error
        }
        return kept
    }
}
