// SPDX-License-Identifier: Apache-2.0

import Content
import Files
import Glibc
import NIOCore

@testable import DockerArchive
@testable import LayerVerification
@testable import OCI
@testable import OCILayout

extension Fuzzer {
    /// Layers and archives.
    static let archives: [Fuzzer] = [
        Fuzzer("gzip", inflate), Fuzzer("zstd", unpackZstandard), Fuzzer("layer-packing", tellPacking),
        Fuzzer("tar-check", inspect), Fuzzer("tar-flatten", flatten), Fuzzer("docker-archive", readArchive),
        Fuzzer("layout-index", readIndex),
    ]

    // MARK: Layers

    private static func inflate(_ bytes: [UInt8]) throws {
        let limit = ExpansionLimit(floor: 1 << 16, ratio: 200, ceiling: 1 << 20)
        let whole = inflated([bytes[...]], limit, window: 1 << 12)
        let parts = inflated(bytes.pieces, limit, window: 64)
        promise(whole == parts, "the same outcome in whatever pieces the bytes come")
    }

    private struct Outcome: Equatable {
        var size: Int64
        var digest: Digest
        var failure: LayerFailure.Reason?
    }

    private static func inflated(_ pieces: [ArraySlice<UInt8>], _ limit: ExpansionLimit, window: Int) -> Outcome? {
        var hash = ContentHash(.sha256)
        do {
            let inflater = try GzipInflater(limit: limit, window: window)
            for piece in pieces {
                let array = Array(piece)
                try array.withUnsafeBytes { bytes in try inflater.update(bytes) { hash.update($0) } }
                promise(inflater.produced <= limit.allowance(for: inflater.consumed), "no more than is allowed")
            }
            try inflater.finish()
            return Outcome(size: inflater.produced, digest: hash.finish(), failure: nil)
        } catch {
            promiseShowable("\(error)")
            // How much came before a fault was found depends on the pieces.
            return nil
        }
    }

    private static func unpackZstandard(_ bytes: [UInt8]) {
        // As much is allowed from the first byte on as ever: else it depends on how much came by then.
        let fixed = ExpansionLimit(floor: 1 << 20, ratio: 0, ceiling: 1 << 20)
        promise(
            unpacked([bytes[...]], fixed) == unpacked(bytes.pieces, fixed),
            "the same outcome in whatever pieces the bytes come")
        promise((ZstandardInflater.window(of: bytes) ?? 0) >= 0, "no window is negative")
        _ = unpacked(bytes.pieces, ExpansionLimit(floor: 1 << 16, ratio: 200, ceiling: 1 << 20))
    }

    private struct Unpacked: Equatable {
        var size: Int64 = 0
        var digest: Digest?
        /// How much came before a fault was found depends on the pieces.
        var isRefused = false
    }

    private static func unpacked(_ pieces: [ArraySlice<UInt8>], _ limit: ExpansionLimit) -> Unpacked {
        var (outcome, hash, read) = (Unpacked(), ContentHash(.sha256), Int64(0))
        do throws(LayerFailure) {
            let inflater = try ZstandardInflater(limit: limit)
            for piece in pieces {
                read += Int64(piece.count)
                try Array(piece).withUnsafeBufferPointer { bytes throws(LayerFailure) in
                    try inflater.update(UnsafeRawBufferPointer(bytes)) { hash.update($0) }
                }
                promise(inflater.produced <= limit.allowance(for: read), "no more than is allowed")
            }
            try inflater.finish()
            outcome.size = inflater.produced
        } catch {
            promiseShowable(error.description)
            return Unpacked(isRefused: true)
        }
        outcome.digest = hash.finish()
        return outcome
    }

    private static func tellPacking(_ bytes: [UInt8]) {
        let formats = [LayerFormat.tar, .gzip, .zstd].map { LayerPacking(head: bytes.prefix(512), declared: $0) }
        promise(bytes.starts(with: [0x1F, 0x8B]) == (formats[0] == .gzip), "gzip is told by its first bytes")
        let isSkipped = bytes.first.map { $0 >> 4 == 5 } == true && bytes.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
        promise(
            (isSkipped || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])) == (formats[0] == .zstd),
            "zstd is told by its first bytes")
        _ = LayerFormat(MediaType(String(decoding: bytes, as: UTF8.self)))
    }

    // MARK: Tar

    /// The checksums of headers are put right.
    private static func inspect(_ bytes: [UInt8]) {
        let stream = bytes.withChecksums
        let whole = problem([stream[...]])
        promise(whole == problem(stream.pieces), "the same problem in whatever pieces the stream comes")
        // What has an end has it whatever follows.
        let ended = stream + [UInt8](repeating: 0, count: 1024)
        if whole == nil { promise(problem([ended[...]]) == nil, "an end is no problem") }
    }

    private static func problem(_ pieces: [ArraySlice<UInt8>]) -> String? {
        var inspector = TarInspector()
        do throws(ArchiveProblem) {
            for piece in pieces {
                try Array(piece).withUnsafeBufferPointer { bytes throws(ArchiveProblem) in
                    try inspector.take(UnsafeRawBufferPointer(bytes))
                }
            }
            try inspector.finish()
            return nil
        } catch {
            promiseShowable("\(error)")
            return "\(error)"
        }
    }

    /// Layers, the upper one first, each after a line of `-`; the checksums of headers are put right.
    private static func flatten(_ bytes: [UInt8]) throws {
        let layers = bytes.split(separator: Array("-----\n".utf8)).map { Array($0).withChecksums }
        let (whole, parts) = (flattened(layers) { [$0[...]] }, flattened(layers) { $0.pieces })
        promise(whole == parts, "the same archive in whatever pieces the layers come")
        guard let whole else { return }
        // What hard links keep comes a second time at most; a link that takes the name of another one's target grows.
        promise(whole.count <= 20 * layers.reduce(0) { $0 + $1.count }, "no more than what the layers hold allows")
        // What was laid flat is a layer by itself, and names nothing twice that hides.
        let again = flattened([whole]) { [$0[...]] }
        promise(again == whole, "flat already")
    }

    private static func flattened(_ layers: [[UInt8]], _ cut: ([UInt8]) -> [ArraySlice<UInt8>]) -> [UInt8]? {
        var (flattener, output) = (LayerFlattener(), [UInt8]())
        func read(_ layer: [UInt8]) throws {
            for piece in cut(layer) {
                let array = Array(piece)
                try array.withUnsafeBytes { bytes in try flattener.take(bytes) { output += $0 } }
            }
            try flattener.finishLayer { output += $0 }
        }
        do {
            for layer in layers {
                flattener.beginLayer()
                try read(layer)
                guard flattener.needsLayerAgain else { continue }
                flattener.beginLayerAgain()
                try read(layer)
                promise(!flattener.needsLayerAgain, "no layer is wanted a third time")
            }
            try flattener.finish()
            return output
        } catch {
            promiseShowable("\(error)")
            return nil
        }
    }

    // MARK: Files

    private static let scratch = "/dev/shm/transship-fuzz-\(getpid())"

    private static func readArchive(_ bytes: [UInt8]) throws {
        defer { _ = try? Files.remove(scratch) }
        try Files.replace(scratch, with: bytes.withChecksums, access: .usual)
        let archive = try DockerArchive(scratch)
        for entry in archive.entries.values {
            promise(entry.size >= 0 && entry.offset <= archive.file.size - entry.size, "an entry inside of the file")
        }
        for image in archive.images {
            let store = try ArchiveStore(image, of: archive)
            _ = try Manifest(store.manifest.bytes, contentType: store.manifest.mediaType)
            do { try store.checkLayers() } catch { promiseShowable("\(error)") }
        }
        _ = try archive.image(tagged: archive.images.first?.tags.first)
    }

    private static func readIndex(_ bytes: [UInt8]) throws {
        var index = try LayoutIndex(bytes)
        let digest = ContentHash.digest(of: bytes)
        let descriptor = Descriptor(mediaType: .ociManifest, digest: digest, size: 1)
        _ = index.tags
        let count = index.entries.count
        index.set(.latest, to: descriptor)
        promise(index.entry(.latest)?.digest == digest, "a name means what it was given to")
        index.add(
            .object([
                "mediaType": .string(MediaType.ociManifest.asReceived), "digest": .string(digest.text), "size": 1,
            ]))
        let again = try LayoutIndex(index.bytes)
        promise(again.bytes == index.bytes && again.entry(.latest)?.digest == digest, "what was written is read")
        promise(again.entries.count <= count + 2, "nothing but what was added")
    }
}

extension [UInt8] {
    /// With right checksums in all blocks that call themselves headers: no mutation gets them right by itself.
    fileprivate var withChecksums: [UInt8] {
        var bytes = self
        for start in stride(from: 0, to: count - count % 512, by: 512)
        where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
            bytes.replaceSubrange(start + 148..<start + 156, with: [UInt8](repeating: 0x20, count: 8))
            let digits = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
            let text = String(repeating: "0", count: Swift.max(0, 6 - digits.utf8.count)) + digits
            bytes.replaceSubrange(start + 148..<start + 156, with: Array(text.utf8) + [0, 0x20])
        }
        return bytes
    }
}
